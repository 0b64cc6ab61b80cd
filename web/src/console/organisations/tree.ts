/** The organisations as a tree, laid out in lines. Pure. */
import type { Contract, Organisation } from "@/api/types";

export interface Line {
  organisation: Organisation;
  depth: number;
}

const ORDER: Record<Organisation["kind"], number> = { county: 0, street: 1, community: 2, company: 3, owners_committee: 4 };

/** Parents before children; one whose parent is not ours to see stands at the outside. */
export function lined(organisations: readonly Organisation[]): Line[] {
  const known = new Set(organisations.map(({ id }) => id));
  const children = new Map<string | null, Organisation[]>();
  for (const one of organisations) {
    const parent = one.parent_id !== null && known.has(one.parent_id) ? one.parent_id : null;
    children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const lines: Line[] = [];
  const walk = (parent: string | null, depth: number) => {
    const here = (children.get(parent) ?? []).toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind] || a.title.localeCompare(b.title, "zh"));
    for (const organisation of here) {
      lines.push({ organisation, depth });
      walk(organisation.id, depth + 1);
    }
  };
  walk(null, 0);
  return lines;
}

export type ContractState = "inForce" | "coming" | "over";

export function contractState(contract: Contract, now: number): ContractState {
  if (contract.in_force) return "inForce";
  return Date.parse(contract.valid_from) > now ? "coming" : "over";
}

/** The start of a day of the calendar in China, as an instant. */
export const startOfDay = (date: string): string => new Date(`${date}T00:00:00+08:00`).toISOString();
/** The end of a day: the start of the next, since validity ends before `valid_to`. */
export const endOfDay = (date: string): string => new Date(Date.parse(startOfDay(date)) + 86_400_000).toISOString();
