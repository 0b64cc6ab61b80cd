/** How a drill stands, as a tone. Pure. */
import type { Drill } from "@/api/types";

export const STATES = ["called", "running", "scored", "cancelled", "failed"] as const satisfies readonly Drill["state"][];

export const PASSING = 60;

type Tone = "wait" | "work" | "good" | "bad" | "off";

/** A scored one is good or bad by its points; one that never came to be is off. */
export function toneOf({ state, points }: Pick<Drill, "state" | "points">): Tone {
  if (state === "called") return "wait";
  if (state === "running") return "work";
  if (state === "scored") return (points ?? 0) >= PASSING ? "good" : "bad";
  return "off";
}
