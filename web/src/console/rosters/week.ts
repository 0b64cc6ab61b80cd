/** Days of a roster, in Shanghai whatever the browser's zone is. */
const HOURS_AHEAD = 8;
const DAY = 86_400_000;
const shifted = (at: number) => new Date(at + HOURS_AHEAD * 3_600_000);

/** 2026-11-22 */
export const dayOf = (at: number): string => shifted(at).toISOString().slice(0, 10);

/** The moment this day begins here. */
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00+08:00`);

export const plusDays = (day: string, days: number): string => dayOf(startOf(day) + days * DAY);

/** 0 is Monday. */
export const weekdayOf = (day: string): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;

export const mondayOf = (day: string): string => plusDays(day, -weekdayOf(day));

export const weekOf = (monday: string): string[] => Array.from({ length: 7 }, (_, n) => plusDays(monday, n));

export const WEEKDAYS = ["一", "二", "三", "四", "五", "六", "日"] as const;

/** 20:00–次日 08:00 */
export function hoursOf(starts_at: string, ends_at: string): string {
  const start = shifted(Date.parse(starts_at)).toISOString();
  const end = shifted(Date.parse(ends_at)).toISOString();
  return `${start.slice(11, 16)}–${start.slice(0, 10) === end.slice(0, 10) ? "" : "次日 "}${end.slice(11, 16)}`;
}

/** The days from `first` over so many weeks that fall on the chosen weekdays and are not left out. */
export function chosenDays(first: string, weeks: number, weekdays: readonly number[], leftOut: ReadonlySet<string>): string[] {
  return Array.from({ length: weeks * 7 }, (_, n) => plusDays(first, n)).filter((day) => weekdays.includes(weekdayOf(day)) && !leftOut.has(day));
}
