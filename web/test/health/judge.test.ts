import { describe, expect, it } from "vitest";
import type { Health } from "@/api/types";
import { troubles } from "@/console/health/judge";

const well: Health = {
  version: "0.1.0",
  supervised: true,
  processes: [{ name: "web", state: "running", pid: 1, restarts: 0, since: "2026-11-22T00:00:00Z", last_error: null }],
  database: { answers: true, schema_current: true },
  queues: { outbox_lag: 3, deadlines_overdue: 0, quarantine_waiting: 7 },
};

describe("the state of the installation", () => {
  it("is well with some events under way and messages in quarantine", () => expect(troubles(well)).toEqual([]));
  it("names a process that does not run", () => {
    const [web] = well.processes;
    expect(troubles({ ...well, processes: web ? [web, { ...web, name: "gateway", state: "waiting" }] : [] })).toEqual(["process"]);
  });
  it("does not blame the schema of a database that is silent", () => expect(troubles({ ...well, database: { answers: false, schema_current: false } })).toEqual(["database"]));
  it("names late deadlines and a long outbox", () => expect(troubles({ ...well, queues: { outbox_lag: 5000, deadlines_overdue: 1, quarantine_waiting: null } })).toEqual(["outbox", "deadlines"]));
  it("makes no trouble of what was not counted", () => expect(troubles({ ...well, queues: { outbox_lag: null, deadlines_overdue: null, quarantine_waiting: null } })).toEqual([]));
});
