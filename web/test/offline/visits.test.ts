import { describe, expect, it } from "vitest";
import { Refused } from "@/api/client";
import { onTime, standing } from "@/console/key_people/standing";
import { type NewVisit, type QueuedVisit, type VisitDoors, VisitOutbox } from "@/offline/visits";

const OFFLINE = () => new Refused(0, { code: "offline", message: "连不上服务器" });
const WRONG = () => new Refused(422, { code: "bad_input", message: "走访时间不能早于 30 天前" });

class Phone {
  disk = new Map<string, QueuedVisit>();
  /** What the server holds, by the visit's id, and how often each was sent. */
  server = new Map<string, { body: unknown; times: number }>();
  uploads: string[] = [];
  fail: (() => Error | null)[] = [];
  /** The answer gets lost after the server has taken the visit. */
  lost = 0;
  ids = 0;
  clock = Date.UTC(2026, 10, 22, 9);
  shown: QueuedVisit[] = [];
  open = () => new VisitOutbox(this.doors());
  private doors = (): VisitDoors => ({
    read: async () => structuredClone([...this.disk.values()]),
    write: async (item) => this.disk.set(item.id, structuredClone(item)),
    remove: async (id) => this.disk.delete(id),
    upload: async (_, key) => {
      this.uploads.push(key);
      return { id: `file-${key}` };
    },
    send: async (_, body, id) => {
      const error = this.fail.shift()?.();
      if (error) throw error;
      this.server.set(id, { body, times: (this.server.get(id)?.times ?? 0) + 1 });
      if (this.lost > 0) {
        this.lost -= 1;
        throw OFFLINE();
      }
    },
    newId: () => `id-${(this.ids += 1)}`,
    now: () => (this.clock += 1000),
    changed: (items) => (this.shown = items),
  });
}

const visit = (more: Partial<NewVisit> = {}): NewVisit => ({ account_id: "me", key_person_id: "wang", name: "王*兰", outcome: "met", findings: ["well"], words: "精神好", photos: [], position: null, problem: false, ...more });

describe("visits on a phone", () => {
  it("are on disk before anything is sent, and gone once the server has them", async () => {
    const phone = new Phone();
    const outbox = phone.open();
    await outbox.add(visit());
    expect(phone.disk.size).toBe(1);
    expect(await outbox.drain("me")).toBe("empty");
    expect([phone.disk.size, phone.server.size]).toEqual([0, 1]);
  });

  it("survive a dead network and a restart, and keep the time of the visit", async () => {
    const phone = new Phone();
    phone.fail.push(OFFLINE);
    const outbox = phone.open();
    const { id, visited_at } = await outbox.add(visit());
    expect(await outbox.drain("me")).toBe("waiting");
    const again = phone.open();
    await again.load();
    expect(await again.drain("me")).toBe("empty");
    expect(phone.server.get(id)?.body).toMatchObject({ id, visited_at });
  });

  it("are the same visit when only the answer was lost", async () => {
    const phone = new Phone();
    phone.lost = 2;
    const outbox = phone.open();
    await outbox.add(visit());
    await outbox.drain("me");
    await outbox.drain("me");
    expect(await outbox.drain("me")).toBe("empty");
    expect(phone.server.size).toBe(1);
    expect([...phone.server.values()][0]?.times).toBe(3);
  });

  it("upload each photo once", async () => {
    const phone = new Phone();
    phone.fail.push(OFFLINE, OFFLINE);
    const outbox = phone.open();
    await outbox.add(visit({ photos: [new Blob(["a"]), new Blob(["b"])] }));
    while ((await outbox.drain("me")) !== "empty");
    expect(phone.uploads).toHaveLength(2);
  });

  it("that are refused stay for their author and hold up nobody", async () => {
    const phone = new Phone();
    phone.fail.push(WRONG);
    const outbox = phone.open();
    const first = await outbox.add(visit());
    await outbox.add(visit({ key_person_id: "li" }));
    expect(await outbox.drain("me")).toBe("empty");
    expect(phone.shown.map(({ id, refused }) => [id, refused?.code])).toEqual([[first.id, "bad_input"]]);
    await outbox.tryAgain(first.id);
    await outbox.drain("me");
    expect([phone.disk.size, phone.server.size]).toEqual([0, 2]);
  });

  it("of somebody else on the same phone wait for that person", async () => {
    const phone = new Phone();
    const outbox = phone.open();
    await outbox.add(visit({ account_id: "other" }));
    await outbox.drain("me");
    expect([phone.disk.size, phone.server.size]).toEqual([1, 0]);
  });
});

describe("when somebody should go", () => {
  const today = "2026-11-22";
  it("says late, today, later, away or nothing planned", () => {
    const row = (next_visit_on: string | null, overdue_days = 0, away_until: string | null = null) => standing({ next_visit_on, overdue_days, away_until }, today).kind;
    expect([row("2026-11-20", 2), row(today), row("2026-11-23"), row("2026-12-02", 0, "2026-12-01"), row(null)]).toEqual(["overdue", "today", "later", "away", "none"]);
  });
  it("counts who is not late", () => expect([onTime({ people: 3, overdue: 1 }), onTime({ people: 0, overdue: 0 })]).toEqual([66, null]));
});
