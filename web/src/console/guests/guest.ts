/** What a guest's page reads from its address and its order. Pure. */
import type { GuestOrder } from "@/api/types";

/** The token behind the #; empty when there is none that could be one. */
export function tokenIn(hash: string): string {
  const found = hash.replace(/^#/, "");
  return /^[A-Za-z0-9_-]{20,100}$/.test(found) ? found : "";
}

const NEXT = ["accept", "arrive", "fix"];

/** The one thing to do now; refusing is something else. */
export const nextStep = (order: Pick<GuestOrder, "moves">): GuestOrder["moves"][number] | null => order.moves.find(({ move }) => NEXT.includes(move)) ?? null;
