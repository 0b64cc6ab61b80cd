/** What pages of imports say of one. */
import type { Import } from "@/api/types";

const WORKING = new Set<Import["state"]>(["checking", "running", "undoing"]);

export const working = (one: Pick<Import, "state">): boolean => WORKING.has(one.state);

export function toneOf(one: Pick<Import, "state" | "failure">): "wait" | "work" | "good" | "bad" | "off" {
  if (working(one)) return "work";
  if (one.failure) return "bad";
  if (one.state === "done") return "good";
  return one.state === "uploaded" || one.state === "checked" ? "wait" : "off";
}

export interface Sum {
  total: number;
  created: number;
  updated: number;
  unchanged: number;
  wrong: number;
  [name: string]: number;
}

export function sumOf(one: Pick<Import, "reports">): Sum {
  const sum = { total: 0, created: 0, updated: 0, unchanged: 0, wrong: 0 };
  for (const each of one.reports) {
    sum.total += each.total;
    sum.created += each.created;
    sum.updated += each.updated;
    sum.unchanged += each.unchanged;
    sum.wrong += each.wrong;
  }
  return sum;
}
