import { describe, expect, it } from "vitest";
import type { Order } from "@/api/types";
import { project } from "@/console/orders/projection";

const order = { id: "o1", state: "offered", state_title: "待接单", moves: [{ move: "accept", title: "接单", needs_words: false, needs_photo: false }] } as unknown as Order;
const waits = (...moves: string[]) => moves.map((move) => ({ move, problem: null }));

describe("an order with steps that wait on the phone", () => {
  it("goes on as if they had been sent", () => {
    expect(project(order, []).moves.map(({ move }) => move)).toEqual(["accept"]);
    expect(project(order, waits("accept")).moves.map(({ move }) => move)).toEqual(["arrive"]);
    expect(project(order, waits("accept", "arrive")).moves).toMatchObject([{ move: "fix", needs_photo: true, needs_words: true }]);
    expect(project(order, waits("accept", "arrive", "fix"))).toMatchObject({ state: "fixed", moves: [], waiting: 3 });
  });

  it("offers nothing until a refused step is settled", () => {
    const refused = project(order, [{ move: "accept", problem: { code: "stale_version" } }, { move: "arrive", problem: null }]);
    expect(refused).toMatchObject({ state: "offered", moves: [] });
  });
});
