import { describe, expect, it } from "vitest";
import type { IncidentRow } from "@/api/types";
import { filtersFromQuery, filtersToQuery } from "@/console/desk/filters";
import { canDispatch, canTake, compareUrgency, holdOrder, isPinned, matches, stackByPlace } from "@/console/desk/queue";

let serial = 0;
function row(part: Partial<IncidentRow> = {}): IncidentRow {
  serial += 1;
  return {
    id: `id-${String(serial).padStart(4, "0")}`,
    code: `YG-20261122-${serial}`,
    version: 1,
    line: "阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置",
    estate: { id: "yg", title: "阳光花园" },
    place_title: `地点 ${serial}`,
    category: "lift",
    severity: "warning",
    state: "open",
    received_at: "2026-11-22T06:00:00Z",
    overdue: false,
    order: null,
    taken_by: null,
    ...part,
  } as IncidentRow;
}
const offered = { id: "o", state: "offered", state_title: "待接单", assignee_name: "", company_title: "安居物业", offered_at: "2026-11-22T06:00:00Z", accepted_at: null } as const;

describe("the order of the queue", () => {
  it("keeps critical ones nobody has taken on top, however old", () => {
    const old = row({ severity: "critical", received_at: "2026-11-22T01:00:00Z" });
    const taken = row({ severity: "critical", taken_by: "王敏" });
    const newer = row({ severity: "danger", received_at: "2026-11-22T07:00:00Z" });
    const done = row({ severity: "critical", state: "closed" });
    expect([done, newer, taken, old].toSorted(compareUrgency)).toEqual([old, taken, newer, done]);
  });

  it("within a level shows overdue first, then the newest", () => {
    const late = row({ overdue: true, received_at: "2026-11-22T01:00:00Z" });
    const newer = row({ received_at: "2026-11-22T06:30:00Z" });
    const older = row();
    expect([older, newer, late].toSorted(compareUrgency)).toEqual([late, newer, older]);
  });

  it("shows what has ended by when it came, whatever it was", () => {
    const grave = row({ severity: "critical", state: "closed", received_at: "2026-11-21T06:00:00Z" });
    const fresh = row({ severity: "notice", state: "false_alarm" });
    expect([grave, fresh].toSorted(compareUrgency)).toEqual([fresh, grave]);
  });

  it("is pinned until taken or dispatched", () => {
    expect(isPinned(row({ severity: "critical" }))).toBe(true);
    expect(isPinned(row({ severity: "critical", taken_by: "王敏" }))).toBe(false);
    expect(isPinned(row({ severity: "critical", order: offered }))).toBe(false);
    expect(isPinned(row({ severity: "danger" }))).toBe(false);
  });

  it("can be taken by the first only, and not when it is already solved", () => {
    expect(canTake(row())).toBe(true);
    expect(canTake(row({ taken_by: "王敏" }))).toBe(false);
    expect(canTake(row({ state: "confirmed" }))).toBe(false);
  });

  it("offers dispatch again after a refusal, not while somebody has it", () => {
    expect(canDispatch(row())).toBe(true);
    expect(canDispatch(row({ order: offered, state: "handling" }))).toBe(false);
    expect(canDispatch(row({ order: { ...offered, state: "refused" }, state: "handling" }))).toBe(true);
    expect(canDispatch(row({ state: "closed" }))).toBe(false);
  });
});

describe("stacks", () => {
  it("shows several of one place as one, opens them on demand, and hides no pinned one", () => {
    const place = { place_title: "地库 B1 充电区" };
    const pinned = row({ ...place, severity: "critical" });
    const first = row(place);
    const second = row(place);
    const elsewhere = row();
    const rows = [pinned, first, elsewhere, second];
    expect(stackByPlace(rows, new Set())).toEqual([
      { row: pinned, hidden: 0 },
      { row: first, hidden: 1 },
      { row: elsewhere, hidden: 0 },
    ]);
    expect(stackByPlace(rows, new Set([first.id])).map(({ row }) => row)).toEqual([pinned, first, second, elsewhere]);
  });
});

describe("under the pointer", () => {
  it("nothing moves: new rows wait, gone rows go", () => {
    const [a, b, fresh] = [row(), row(), row({ severity: "critical" })];
    expect(holdOrder([a.id, "gone", b.id], [fresh, b, a])).toEqual({ rows: [a, b], waiting: [fresh] });
  });
});

describe("filters", () => {
  const usual = filtersFromQuery({}, "");

  it("live in the address and come back the same", () => {
    const filters = { ...usual, state: "resolved" as const, severity: "danger" as const, q: "3号楼", mine: true, overdue: true, sort: "newest" as const };
    expect(filtersFromQuery(filtersToQuery(filters) as Record<string, string>, "")).toEqual(filters);
    expect(filtersToQuery(usual)).toEqual({});
  });

  it("do not trust the address", () => {
    expect(filtersFromQuery({ state: "<script>", severity: "loud", sort: "x" }, "")).toEqual(usual);
  });

  it("decide whether a changed row still belongs", () => {
    expect(matches(row(), usual, "王敏")).toBe(true);
    expect(matches(row({ state: "closed" }), usual, "王敏")).toBe(false);
    expect(matches(row({ state: "closed" }), { ...usual, state: "all" }, "王敏")).toBe(true);
    expect(matches(row(), { ...usual, estateId: "other" }, "王敏")).toBe(false);
    expect(matches(row({ taken_by: "王敏" }), { ...usual, mine: true }, "王敏")).toBe(true);
    expect(matches(row(), { ...usual, q: "电梯" }, "王敏")).toBe(true);
    expect(matches(row(), { ...usual, q: "锅炉" }, "王敏")).toBe(false);
  });
});
