import { describe, expect, it } from "vitest";
import { Refused } from "@/api/client";
import type { Order, OrderMove } from "@/api/types";
import { type NewMove, Outbox, type OutboxDoors, type QueuedMove } from "@/offline/outbox";

const OFFLINE = () => new Refused(0, { code: "offline", message: "连不上服务器" });
const STALE = () => new Refused(409, { code: "stale_version", message: "这张工单刚刚有了变化" });

const NEXT: Record<string, { state: Order["state"]; moves: string[] }> = {
  accept: { state: "accepted", moves: ["arrive"] },
  arrive: { state: "arrived", moves: ["fix"] },
  fix: { state: "fixed", moves: [] },
};
const asMoves = (names: string[]): OrderMove[] => names.map((move) => ({ move: move as OrderMove["move"], title: move, needs_words: false, needs_photo: false }));

/** A server that remembers keys as linli does, behind a network that can be cut before or after it has answered. */
function world() {
  const disk = new Map<string, QueuedMove>();
  const order = { id: "o1", version: 1, state: "offered", moves: asMoves(["accept", "refuse"]) } as unknown as Order;
  const applied: string[] = [];
  const uploads: string[] = [];
  const answered = new Map<string, { body: string; order: Order }>();
  const cut: ("before" | "after")[] = [];
  const clock = { now: Date.parse("2026-11-22T06:00:00Z") };
  let serial = 0;
  const through = <T>(act: () => T): T => {
    const when = cut.shift();
    if (when === "before") throw OFFLINE();
    const result = act();
    if (when === "after") throw OFFLINE();
    return result;
  };
  const doors: OutboxDoors = {
    read: async () => structuredClone([...disk.values()]),
    write: async (item) => disk.set(item.key, structuredClone(item)),
    remove: async (key) => disk.delete(key),
    upload: async (_photo, key) =>
      through(() => {
        if (!uploads.includes(key)) uploads.push(key);
        return { id: `file-of-${key}` };
      }),
    move: async (_id, body, key) =>
      through(() => {
        const text = JSON.stringify(body);
        const known = answered.get(key);
        if (known) {
          if (known.body !== text) throw new Refused(422, { code: "key_reused", message: "同一个键，不同的内容" });
          return known.order;
        }
        const asked = body as { move: string; expected_version: number };
        if (asked.expected_version !== order.version) throw STALE();
        if (!order.moves.some(({ move }) => move === asked.move)) throw new Refused(409, { code: "illegal_move", message: "不能这样操作" });
        const next = NEXT[asked.move];
        Object.assign(order, { version: order.version + 1, state: next?.state, moves: asMoves(next?.moves ?? []) });
        applied.push(asked.move);
        const copy = structuredClone(order);
        answered.set(key, { body: text, order: copy });
        return copy;
      }),
    order: async () => through(() => structuredClone(order)),
    newKey: () => `key-${(serial += 1)}`,
    now: () => clock.now,
    changed: () => {},
    sent: () => {},
  };
  return { doors, disk, order, applied, uploads, cut, clock, answered };
}
const move = (name: string, photos: Blob[] = [], expected_version = 1): NewMove => ({
  account_id: "me",
  order_id: "o1",
  line: "阳光花园 3号楼",
  move: name,
  title: name,
  words: "好了",
  to_account_id: null,
  expected_version,
  photos,
});
const picture = () => new Blob(["jpeg"], { type: "image/jpeg" });

describe("the phone's outbox", () => {
  it("sends three steps written without a network, in order, each on the version the one before made", async () => {
    const { doors, applied, disk } = world();
    const outbox = new Outbox(doors);
    for (const name of ["accept", "arrive", "fix"]) await outbox.add(move(name, name === "fix" ? [picture()] : []));
    expect(await outbox.drain("me")).toBe("empty");
    expect(applied).toEqual(["accept", "arrive", "fix"]);
    expect(disk.size).toBe(0);
  });

  it("does nothing twice when the answer is lost on the way", async () => {
    const { doors, applied, uploads, cut } = world();
    const outbox = new Outbox(doors);
    await outbox.add(move("accept", [picture()]));
    cut.push("after");
    expect(await outbox.drain("me")).toBe("waiting");
    cut.push("after", "after");
    expect(await outbox.drain("me")).toBe("waiting");
    expect(await outbox.drain("me")).toBe("waiting");
    expect(await outbox.drain("me")).toBe("empty");
    expect(applied).toEqual(["accept"]);
    expect(uploads).toHaveLength(1);
  });

  it("survives a reload between photo and words: nothing lost, no second upload", async () => {
    const { doors, applied, uploads, cut, order } = world();
    Object.assign(order, { state: "arrived", moves: asMoves(["fix"]) });
    const before = new Outbox(doors);
    await before.add(move("fix", [picture(), picture()]));
    cut.push(...(["before"] as const));
    await before.drain("me");

    const after = new Outbox(doors);
    await after.load();
    expect(await after.drain("me")).toBe("empty");
    expect(applied).toEqual(["fix"]);
    expect(uploads).toHaveLength(2);
  });

  it("repeats a request to the letter, however late", async () => {
    const { doors, clock, cut, answered } = world();
    const outbox = new Outbox(doors);
    await outbox.add(move("accept"));
    cut.push("after");
    await outbox.drain("me");
    clock.now += 3_600_000;
    expect(await outbox.drain("me")).toBe("empty");
    expect(answered.size).toBe(1);
  });

  it("tells the server when each step was done, not when it was sent", async () => {
    const { doors, clock, cut, answered } = world();
    const outbox = new Outbox(doors);
    await outbox.add(move("accept"));
    cut.push("before");
    await outbox.drain("me");
    clock.now += 60_000;
    await outbox.add(move("arrive"));
    clock.now += 600_000;
    await outbox.drain("me");
    const times = [...answered.values()].map(({ body }) => (JSON.parse(body) as { happened_at: string }).happened_at);
    expect(times).toEqual(["2026-11-22T06:00:00.000Z", "2026-11-22T06:01:00.000Z"]);
  });

  it("asks again on the new version when the step is still allowed, with a new key", async () => {
    const { doors, order, applied } = world();
    const outbox = new Outbox(doors);
    await outbox.add(move("accept"));
    order.version = 5;
    expect(await outbox.drain("me")).toBe("empty");
    expect(applied).toEqual(["accept"]);
  });

  it("keeps what was written when the step is no longer possible, and holds back the later ones", async () => {
    const { doors, order, applied, disk } = world();
    const outbox = new Outbox(doors);
    await outbox.add(move("accept"));
    await outbox.add(move("arrive"));
    Object.assign(order, { version: 2, state: "cancelled", moves: [] });
    await outbox.drain("me");
    const kept = [...disk.values()].toSorted((a, b) => a.seq - b.seq);
    expect(kept.map(({ move, problem }) => [move, problem?.code])).toEqual([
      ["accept", "stale_version"],
      ["arrive", undefined],
    ]);
    expect(kept[0]?.words).toBe("好了");
    expect(applied).toEqual([]);
    await outbox.discard(kept[0]?.key ?? "");
    expect(disk.size).toBe(1);
  });

  it("waits for sign-in when the session has ended, and leaves others' work alone", async () => {
    const { doors, disk, applied } = world();
    const outbox = new Outbox({
      ...doors,
      move: async () => {
        throw new Refused(401, { code: "not_signed_in", message: "请先登录" });
      },
    });
    await outbox.add(move("accept"));
    expect(await outbox.drain("somebody else")).toBe("empty");
    expect(await outbox.drain("me")).toBe("sign_in");
    expect(disk.size).toBe(1);
    expect(applied).toEqual([]);
  });

  it("joins a second drain to the first", async () => {
    const { doors, applied } = world();
    const outbox = new Outbox(doors);
    await outbox.add(move("accept"));
    await Promise.all([outbox.drain("me"), outbox.drain("me")]);
    expect(applied).toEqual(["accept"]);
  });
});
