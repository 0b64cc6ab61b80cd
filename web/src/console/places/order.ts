/** In which order places stand in lists. Pure. */
import type { Place } from "@/api/types";

const KINDS: readonly Place["kind"][] = ["building", "entrance", "floor", "home", "lift", "gate", "room", "open_ground"];

/** By kind, then as people count: 2层 before 10层. */
export const inOrder = (places: readonly Place[]): Place[] =>
  places.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.title.localeCompare(b.title, "zh", { numeric: true }));
