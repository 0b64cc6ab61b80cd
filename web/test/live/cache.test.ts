import { describe, expect, it } from "vitest";
import { type Change, Shelf } from "@/live/cache";

interface Thing {
  id: string;
  version: number;
  words?: string;
}

/** A shelf whose waiting is done by hand, before a server that counts its requests. */
function shelf(there: Thing[], fails = 0) {
  const requests: string[][] = [];
  const planned: { run: () => void; ms: number }[] = [];
  let left = fails;
  const made = new Shelf<Thing>({
    fetch: async (ids) => {
      requests.push(ids);
      if (left > 0) {
        left -= 1;
        throw new Error("no network");
      }
      return there.filter(({ id }) => ids.includes(id));
    },
    batch: 3,
    schedule: (run, ms) => planned.push({ run, ms }),
  });
  return {
    shelf: made,
    requests,
    planned,
    async pass() {
      planned.shift()?.run();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("the shelf", () => {
  it("reads a burst of changes in one request", async () => {
    const { shelf: it_, requests, pass } = shelf([{ id: "a", version: 2 }, { id: "b", version: 1 }]);
    for (const id of ["a", "b", "a", "a"]) it_.changed(id);
    await pass();
    expect(requests).toEqual([["a", "b"]]);
    expect(it_.get("a")?.version).toBe(2);
  });

  it("splits what is too much for one request", async () => {
    const { shelf: it_, requests, pass } = shelf([]);
    for (const id of ["a", "b", "c", "d"]) it_.changed(id);
    await pass();
    await pass();
    expect(requests).toEqual([["a", "b", "c"], ["d"]]);
  });

  it("does not ask for a version it already has", () => {
    const { shelf: it_, planned } = shelf([]);
    it_.put({ id: "a", version: 4 });
    it_.changed("a", 4);
    it_.changed("a", 3);
    expect(planned).toEqual([]);
    it_.changed("a", 5);
    expect(planned).toHaveLength(1);
  });

  it("never goes back to an older version", () => {
    const { shelf: it_ } = shelf([]);
    it_.put({ id: "a", version: 4, words: "new" });
    it_.put({ id: "a", version: 3, words: "old, arrived late" });
    expect(it_.get("a")?.words).toBe("new");
  });

  it("drops what the server no longer shows", async () => {
    const { shelf: it_, pass } = shelf([]);
    it_.put({ id: "a", version: 1 });
    const changes: Change<Thing>[] = [];
    it_.watch((some) => changes.push(...some));
    it_.changed("a", 2);
    await pass();
    expect(it_.get("a")).toBeUndefined();
    expect(changes).toEqual([{ id: "a", before: { id: "a", version: 1 }, after: undefined }]);
  });

  it("asks again after a failure, later and later, and loses nothing", async () => {
    const { shelf: it_, requests, planned, pass } = shelf([{ id: "a", version: 2 }], 2);
    it_.changed("a");
    await pass();
    const first = planned[0]?.ms ?? 0;
    it_.changed("b");
    await pass();
    expect(planned[0]?.ms ?? 0).toBeGreaterThan(first);
    await pass();
    expect(requests).toEqual([["a"], ["a", "b"], ["a", "b"]]);
    expect(it_.get("a")?.version).toBe(2);
  });

  it("takes a guess back, unless the truth came first", () => {
    const { shelf: it_ } = shelf([]);
    it_.put({ id: "a", version: 1, words: "open" });
    const back = it_.guess("a", (thing) => ({ ...thing, words: "dispatched" }));
    expect(it_.get("a")?.words).toBe("dispatched");
    back();
    expect(it_.get("a")?.words).toBe("open");

    const late = it_.guess("a", (thing) => ({ ...thing, words: "dispatched" }));
    it_.put({ id: "a", version: 2, words: "accepted" });
    late();
    expect(it_.get("a")?.words).toBe("accepted");
  });
});
