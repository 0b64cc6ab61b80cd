/** What a chart shows of a series. Pure. */
import type { DeviceProperty, Series } from "@/api/types";

export const RANGES = { day: 24 * 3600, week: 7 * 24 * 3600, month: 30 * 24 * 3600 } as const;
export type Range = keyof typeof RANGES;
export const isRange = (word: string): word is Range => word in RANGES;

export interface Summary {
  low: number;
  high: number;
  last: number;
  n: number;
}

export function summaryOf(series: Series): Summary | null {
  const end = series.points.at(-1);
  if (!end) return null;
  return {
    low: Math.min(...series.points.map(({ min }) => min)),
    high: Math.max(...series.points.map(({ max }) => max)),
    last: end.last,
    n: series.points.reduce((sum, { n }) => sum + n, 0),
  };
}

/** A number as its property is read: words for a switch, the usual decimals and the unit for the rest. */
export function inWords(value: number, property: DeviceProperty | undefined): string {
  const label = property?.labels[String(Math.round(value))];
  if (label !== undefined && property && isStepped(property)) return label;
  const digits = property?.decimals ?? 1;
  const unit = property?.unit ? ` ${property.unit}` : "";
  return `${value.toFixed(digits)}${unit}`;
}

/** A switch or list of states jumps; a measured quantity flows. */
export const isStepped = (property: DeviceProperty): boolean => property.kind === "switch" || property.kind === "enumeration";

/** A line is not drawn across a silence: where more than `gapS` lies between two points, a hole is put in. */
export function withHoles<T extends { at: string }>(points: readonly T[], gapS: number): (T | { at: string; hole: true })[] {
  const drawn: (T | { at: string; hole: true })[] = [];
  let before = Number.NaN;
  for (const point of points) {
    const at = Date.parse(point.at);
    if (at - before > gapS * 1000) drawn.push({ at: new Date((at + before) / 2).toISOString(), hole: true });
    drawn.push(point);
    before = at;
  }
  return drawn;
}
