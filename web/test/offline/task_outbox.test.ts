import { expect, it } from "vitest";
import { Refused } from "@/api/client";
import { type MovedKind, Outbox, type QueuedMove } from "@/offline/outbox";
import { project, toneOf } from "@/console/tasks/standing";
import type { Task } from "@/api/types";

const NEW = { account_id: "liu", order_id: "t1", line: "巡楼", move: "do", title: "办完了", words: "都看过了", to_account_id: null, expected_version: 1, photos: [new Blob(["x"])] };

it("a task done in a cellar is sent once, to tasks and not to orders, with its photo", async () => {
  const disk = new Map<string, QueuedMove>();
  const asked: { kind: MovedKind; id: string; body: unknown; key: string }[] = [];
  let online = false;
  let serial = 0;
  const outbox = new Outbox({
    read: async () => [...disk.values()],
    write: async (item) => disk.set(item.key, item),
    remove: async (key) => disk.delete(key),
    upload: async (_photo, key) => {
      if (!online) throw new Refused(0, { code: "offline", message: "连不上服务器" });
      return { id: `file-${key}` };
    },
    move: async (id, body, key, kind) => {
      asked.push({ kind, id, body, key });
      return { version: 2, moves: [] };
    },
    order: async () => ({ version: 1, moves: [{ move: "do" }] }),
    newKey: () => `k${(serial += 1)}`,
    now: () => 1_000 + serial,
    changed: () => {},
    sent: (_moved, _id, kind) => expect(kind).toBe("task"),
  });
  await outbox.add({ ...NEW, kind: "task" });
  expect(await outbox.drain("liu")).toBe("waiting");
  expect(disk.size).toBe(1);
  online = true;
  expect(await outbox.drain("liu")).toBe("empty");
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ kind: "task", id: "t1", body: { move: "do", words: "都看过了", expected_version: 1, evidence: [expect.stringMatching(/^file-/)] } });
  expect(disk.size).toBe(0);
});

it("what this phone kept before there were tasks is an order's", async () => {
  const kinds: MovedKind[] = [];
  const kept = { ...NEW, key: "k", seq: 1, done_at: "2026-11-22T06:00:00Z", problem: null, photos: [] } as QueuedMove;
  const outbox = new Outbox({
    read: async () => [kept],
    write: async () => {},
    remove: async () => {},
    upload: async () => ({ id: "f" }),
    move: async (_id, _body, _key, kind) => {
      kinds.push(kind);
      return { version: 2, moves: [] };
    },
    order: async () => ({ version: 1, moves: [] }),
    newKey: () => "n",
    now: () => 1,
    changed: () => {},
    sent: () => {},
  });
  await outbox.load();
  await outbox.drain("liu");
  expect(kinds).toEqual(["order"]);
});

it("a task that waits here is shown so and not done twice", () => {
  const task = { state: "given", late: true, moves: [{ move: "do" }], state_title: "待办" } as unknown as Task;
  expect(project(task, [{ title: "办完了", problem: null }])).toMatchObject({ waiting: true, late: false, moves: [], state_title: "待发送：办完了" });
  expect(toneOf(task)).toBe("bad");
  expect(toneOf({ state: "closed", late: false })).toBe("good");
});
