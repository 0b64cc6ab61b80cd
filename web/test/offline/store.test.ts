import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Order } from "@/api/types";
import type { QueuedMove } from "@/offline/outbox";
import { deleteDraft, keepOrders, keptOrders, readDraft, readQueue, wipeStore, writeDraft, writeQueued } from "@/offline/store";

beforeEach(wipeStore);

describe("what the phone keeps", () => {
  it("keeps words and photos of a draft, byte for byte", async () => {
    await writeDraft({ id: "o1/fix", words: "已修好", photos: [new Blob(["\u0001\u0002jpeg"], { type: "image/jpeg" })], to: "" });
    const draft = await readDraft("o1/fix");
    expect(draft?.words).toBe("已修好");
    expect(await draft?.photos[0]?.text()).toBe("\u0001\u0002jpeg");
    await deleteDraft("o1/fix");
    expect(await readDraft("o1/fix")).toBeUndefined();
  });

  it("shows kept orders only to the person who loaded them", async () => {
    await keepOrders("li", [{ id: "o1" } as Order], "2026-11-22T06:00:00Z");
    expect((await keptOrders("li"))?.items).toHaveLength(1);
    expect(await keptOrders("chen")).toBeUndefined();
  });

  it("leaves nothing behind at sign-out", async () => {
    await writeQueued({ key: "k", photos: [{ key: "p", blob: new Blob(["x"]), file_id: null }] } as unknown as QueuedMove);
    await writeDraft({ id: "o1/fix", words: "x", photos: [], to: "" });
    await keepOrders("li", [], "2026-11-22T06:00:00Z");
    await wipeStore();
    expect(await readQueue()).toEqual([]);
    expect(await readDraft("o1/fix")).toBeUndefined();
    expect(await keptOrders("li")).toBeUndefined();
  });
});
