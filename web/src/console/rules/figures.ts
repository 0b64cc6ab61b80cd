/** Figures of rules as people write them: seconds become minutes, hours or days. Pure. */
import type { Rule, RuleSetting } from "@/api/types";

export interface Unit {
  code: "plain" | "litre" | "s" | "min" | "hour" | "day";
  /** How many of the server's units one of these is. */
  size: number;
}

const SECONDS: Unit[] = [
  { code: "day", size: 86_400 },
  { code: "hour", size: 3600 },
  { code: "min", size: 60 },
  { code: "s", size: 1 },
];
const PLAIN: Unit = { code: "plain", size: 1 };
/** Water is counted in cubic metres, but a tap's worth of it is told in litres. */
const LITRE: Unit = { code: "litre", size: 0.001 };

export const isDuration = (setting: RuleSetting): boolean => setting.name.endsWith("_s");

const isVolume = (setting: RuleSetting): boolean => setting.unit === "m³";

/** The units a figure can be written in. */
export function unitsOf(setting: RuleSetting): Unit[] {
  if (isDuration(setting)) return SECONDS.toReversed().filter(({ size }) => size <= setting.high);
  return isVolume(setting) ? [LITRE, PLAIN] : [PLAIN];
}

/** The largest unit in which the value is a whole number; hours up to two days, as people say "36 小时". */
export function unitFor(setting: RuleSetting, value: number): Unit {
  if (isVolume(setting)) return Math.abs(value) < 1 ? LITRE : PLAIN;
  if (!isDuration(setting)) return PLAIN;
  if (value === 0) return SECONDS.at(-1) ?? PLAIN;
  return SECONDS.find(({ code, size }) => value % size === 0 && !(code === "day" && value < 2 * size)) ?? PLAIN;
}

/** 0.1 × 3 without the dust of binary fractions. */
export const tidy = (value: number): number => Number(value.toPrecision(12));

/** A bound in the given unit, rounded inwards so that what is promised is allowed. */
export function boundsIn(setting: RuleSetting, unit: Unit): { low: number; high: number } {
  if (!isDuration(setting) || unit.size === 1) return { low: tidy(setting.low / unit.size), high: tidy(setting.high / unit.size) };
  return { low: Math.ceil((setting.low / unit.size) * 100) / 100, high: Math.floor((setting.high / unit.size) * 100) / 100 };
}

export type Judged = { ok: true; value: number } | { ok: false; why: "notANumber" | "outOfBounds" };

/** What somebody wrote, as the server wants it. */
export function judged(setting: RuleSetting, text: string, unit: Unit): Judged {
  const written = text.trim().replace("，", ".").replace(",", ".");
  const number = Number(written);
  if (written === "" || !Number.isFinite(number)) return { ok: false, why: "notANumber" };
  const value = isDuration(setting) ? Math.round(number * unit.size) : tidy(number * unit.size);
  return value < setting.low || value > setting.high ? { ok: false, why: "outOfBounds" } : { ok: true, value };
}

export interface RuleGroup {
  title: string;
  rules: Rule[];
}

/** By kind of device; those for all kinds come last. */
export function grouped(rules: readonly Rule[]): RuleGroup[] {
  const groups = new Map<string, Rule[]>();
  for (const rule of rules) groups.set(rule.kind_title, [...(groups.get(rule.kind_title) ?? []), rule]);
  const everyKind = (group: RuleGroup) => Number(group.rules.every(({ kind }) => kind === null));
  return [...groups].map(([title, found]) => ({ title, rules: found })).sort((a, b) => everyKind(a) - everyKind(b) || b.rules.length - a.rules.length || a.title.localeCompare(b.title, "zh"));
}
