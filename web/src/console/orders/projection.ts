/** An order with the steps that still wait on this phone: how it will stand once they are sent. Pure. */
import type { Order, OrderMove, OrderState } from "@/api/types";
import { t, tCode } from "@/i18n";

const LEADS_TO: Record<string, OrderState> = {
  accept: "accepted",
  refuse: "refused",
  transfer: "transferred",
  arrive: "arrived",
  fix: "fixed",
};

const step = (move: OrderMove["move"], needs_words: boolean, needs_photo: boolean): OrderMove => ({
  move,
  title: tCode("orders.moves", move),
  needs_words,
  needs_photo,
});

const NEXT: Partial<Record<OrderState, () => OrderMove[]>> = {
  accepted: () => [step("arrive", false, false)],
  arrived: () => [step("fix", true, true)],
};

export interface Waiting {
  move: string;
  problem: unknown;
}

export function project(order: Order, waiting: readonly Waiting[]): Order & { waiting: number } {
  let state = order.state;
  for (const { move, problem } of waiting) {
    if (problem) break;
    state = LEADS_TO[move] ?? state;
  }
  if (waiting.length === 0) return { ...order, waiting: 0 };
  const blocked = waiting.some(({ problem }) => problem);
  return {
    ...order,
    state,
    state_title: state === order.state ? order.state_title : t("orders.waitingSend", { move: tCode("orders.moves", waiting.at(-1)?.move ?? "") }),
    moves: blocked ? [] : (NEXT[state]?.() ?? []),
    waiting: waiting.length,
  };
}

/** Nothing left to do for the person on site. */
export const isDone = (order: Pick<Order, "state">): boolean => !["offered", "accepted", "arrived"].includes(order.state);
