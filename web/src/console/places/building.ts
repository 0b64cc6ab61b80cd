/** A building as it is written down in the form. Pure. */
import type { EstatePlanView } from "@/api/types";
import type { Box } from "./labels";

/** A 单元 in the form; `lifts` are names as people type them: 1号电梯、2号电梯. */
export interface EntranceLine {
  title: string;
  homes: number;
  lifts: string;
}

export const liftNames = (typed: string): string[] =>
  typed
    .split(/[、，,；;\s]+/)
    .map((name) => name.trim())
    .filter((name) => name !== "");

export function sizeOf(floors: number, entrances: readonly EntranceLine[]): { homes: number; lifts: number } {
  const whole = (value: number) => (Number.isFinite(value) && value > 0 ? Math.floor(value) : 0);
  return {
    homes: whole(floors) * entrances.reduce((sum, { homes }) => sum + whole(homes), 0),
    lifts: entrances.reduce((sum, { lifts }) => sum + liftNames(lifts).length, 0),
  };
}

/** The next 单元 like the one before; residents count the lifts of a building through. */
export function nextEntrance(entrances: readonly EntranceLine[]): EntranceLine {
  const before = entrances.at(-1);
  const { lifts } = sizeOf(1, entrances);
  const more = before ? liftNames(before.lifts).length : 1;
  return {
    title: `${entrances.length + 1}单元`,
    homes: before?.homes ?? 2,
    lifts: Array.from({ length: more }, (_, index) => `${lifts + index + 1}号电梯`).join("、"),
  };
}

/** The first name that stands twice; a building cannot tell the two apart. */
export function saidTwice(names: readonly string[]): string | null {
  return names.find((name, index) => name !== "" && names.indexOf(name) !== index) ?? null;
}

const STEP = 5;
const AWAY = 6;

/** Where on the plan, row by row, a building of this size touches no other; the upper left corner when the plan is full. */
export function freeSpot(plan: EstatePlanView, w: number, h: number): { x: number; y: number } {
  const taken: Box[] = [...plan.buildings, ...plan.marks.map(({ x, y }) => ({ x, y, w: 0, h: 0 }))];
  for (let y = STEP; y + h <= plan.height - STEP; y += STEP)
    for (let x = STEP; x + w <= plan.width - STEP; x += STEP)
      if (taken.every((one) => one.x + one.w + AWAY <= x || x + w + AWAY <= one.x || one.y + one.h + AWAY <= y || y + h + AWAY <= one.y)) return { x, y };
  return { x: 0, y: 0 };
}
