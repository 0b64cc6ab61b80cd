/** Dates as people here write them: year-month-day, whatever the language of the browser. Pure. */

const two = (n: number): string => String(n).padStart(2, "0");
const iso = (year: number, month: number, day: number): string => `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;

/** `2026-11-22` from that, `2026/11/22`, `2026.11.22`, `2026年11月22日`, `20261122`, or `11-22` of the year of `today`. Null: no such day. */
export function readDate(words: string, today: string): string | null {
  const text = words.trim().replace(/[年月/.．。－—\s]+/g, "-").replace(/日$/, "");
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  const short = /^(\d{1,2})-(\d{1,2})$/.exec(text);
  const [year, month, day] = parts ? parts.slice(1).map(Number) : short ? [Number(today.slice(0, 4)), ...short.slice(1).map(Number)] : [];
  if (year === undefined || month === undefined || day === undefined || year < 1900) return null;
  const made = new Date(Date.UTC(year, month - 1, day));
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? iso(year, month, day) : null;
}

export function daysAfter(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** The same day of another month, or its last day. */
export function monthsAfter(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0));
  return iso(last.getUTCFullYear(), last.getUTCMonth() + 1, Math.min(day, last.getUTCDate()));
}

/** Six weeks, from Monday on, in which the month of `date` lies. */
export function monthGrid(date: string): string[] {
  const first = `${date.slice(0, 7)}-01`;
  const weekday = (new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7;
  return Array.from({ length: 42 }, (_, at) => daysAfter(first, at - weekday));
}

export const within = (date: string, min?: string, max?: string): boolean => (!min || date >= min) && (!max || date <= max);

/** Today in China. */
export const todayAt = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
