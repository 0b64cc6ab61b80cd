/** What states of facilities mean, for tags. */
import type { Facility } from "@/api/types";

type Tone = "wait" | "work" | "good" | "bad" | "off";

export const stateTone: Record<Facility["state"], Tone> = { in_use: "good", out_of_order: "bad", repair: "work", scrapped: "off" };
export const dueTone: Record<Facility["due"], Tone> = { none: "off", later: "good", soon: "wait", overdue: "bad", unknown: "wait" };
export const STATES = ["in_use", "out_of_order", "repair", "scrapped"] as const;
export const DUES = ["overdue", "soon", "later", "unknown", "none"] as const;
