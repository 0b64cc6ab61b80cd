import type { Shift, ShiftSwap } from "@/api/types";

export const toneOf = (state: Shift["state"]) => ({ planned: "wait", working: "work", done: "good", missed: "bad", cancelled: "off" })[state] as "wait" | "work" | "good" | "bad" | "off";

export const swapTone = (state: ShiftSwap["state"]) => (state === "approved" ? "good" : state === "asked" || state === "agreed" ? "wait" : "off");
