/** Conditions filled in and put into words. Pure. */
import type { Questions } from "@/api/types";

export type Condition = Questions["conditions"][number];

export interface Clause {
  code: string;
  values: Record<string, string>;
  negated: boolean;
}

/** A condition with its usual values. */
export const filled = (condition: Condition): Clause => ({
  code: condition.code,
  values: Object.fromEntries(condition.parameters.map(({ name, usual }) => [name, usual])),
  negated: false,
});

/** How a clause reads: its condition's words with the values in place. */
export function said(clause: Clause, condition: Condition | undefined): string {
  if (!condition) return clause.code;
  return condition.title.replace(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = condition.parameters.find((one) => one.name === name);
    const value = clause.values[name] ?? parameter?.usual ?? "";
    return parameter?.choices.find((choice) => choice.value === value)?.title ?? value;
  });
}
