import { describe, expect, it } from "vitest";
import { effectScope } from "vue";
import type { Page } from "@/api/types";
import { askedIn, changedQuery } from "@/ui/address";
import { type Paged, type ReadPage, usePaged } from "@/ui/paged";

describe("what a page is asked for", () => {
  it("is read from the address, repeated and foreign parts aside", () => {
    expect(askedIn({ q: "门", kind: ["a", "b"], other: "1" }, ["q", "kind", "state"])).toEqual({ q: "门", kind: "", state: "" });
  });
  it("goes back into the address without what is empty", () => {
    expect(changedQuery({ q: "门", state: "offline", tab: "1" }, { state: "", kind: "smoke_alarm" })).toEqual({ q: "门", tab: "1", kind: "smoke_alarm" });
  });
});

/** A server with `all` numbers, and a gate that can hold its answers back. */
function numbers(all: number[]) {
  const asked: { cursor: string | null; limit: number }[] = [];
  let hold: Promise<void> | null = null;
  const read: ReadPage<number> = async ({ cursor, limit }, signal): Promise<Page<number>> => {
    asked.push({ cursor, limit });
    if (hold) await hold;
    signal.throwIfAborted();
    const from = Number(cursor ?? 0);
    const items = all.slice(from, from + limit);
    return { items, total: all.length, next_cursor: from + limit < all.length ? String(from + limit) : null };
  };
  return { all, asked, read, holding: (gate: Promise<void> | null) => (hold = gate) };
}

async function withList(server: ReturnType<typeof numbers>, story: (list: Paged<number>) => Promise<void>) {
  const scope = effectScope();
  await scope.run(() => story(usePaged(server.read, 2)));
  scope.stop();
}

describe("a list read page by page", () => {
  it("grows with each page until the end", () =>
    withList(numbers([1, 2, 3]), async (list) => {
      await list.reload();
      expect([list.rows.value, list.more.value, list.total.value]).toEqual([[1, 2], true, 3]);
      await list.next();
      expect([list.rows.value, list.more.value]).toEqual([[1, 2, 3], false]);
      await list.next();
      expect(list.rows.value).toEqual([1, 2, 3]);
    }));

  it("reads again as many rows as are on screen, in place", () => {
    const server = numbers([1, 2, 3, 4, 5]);
    return withList(server, async (list) => {
      await list.reload();
      await list.next();
      server.all.unshift(0);
      await list.refresh();
      expect(list.rows.value).toEqual([0, 1, 2, 3]);
      await list.next();
      expect(list.rows.value).toEqual([0, 1, 2, 3, 4, 5]);
    });
  });

  it("shows the answer to the newest question only", () => {
    const server = numbers([1, 2, 3]);
    return withList(server, async (list) => {
      let open: () => void = () => {};
      server.holding(new Promise((resolve) => (open = resolve)));
      const first = list.reload();
      server.holding(null);
      server.all.length = 1;
      await list.reload();
      open();
      await first;
      expect([list.rows.value, list.error.value]).toEqual([[1], null]);
    });
  });

  it("keeps its rows when reading them again fails", () => {
    const server = numbers([1, 2]);
    return withList(server, async (list) => {
      await list.reload();
      server.holding(Promise.reject(new Error("no network")));
      await list.refresh();
      expect(list.rows.value).toEqual([1, 2]);
      expect(list.error.value).toBeInstanceOf(Error);
    });
  });
});
