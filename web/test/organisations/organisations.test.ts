import { describe, expect, it } from "vitest";
import type { Contract, Estate, Organisation, RoleInfo } from "@/api/types";
import { targetsOf } from "@/console/accounts/targets";
import { contractState, endOfDay, lined, startOfDay } from "@/console/organisations/tree";

const org = (id: string, parent_id: string | null, kind: Organisation["kind"]): Organisation => ({ id, parent_id, kind, kind_title: kind, title: id, contracts: [] });
const ALL = [org("company", "county", "company"), org("county", null, "county"), org("street", "county", "street"), org("community", "street", "community")];

describe("the tree of organisations", () => {
  it("has parents before children, government before companies", () => {
    expect(lined(ALL).map(({ organisation, depth }) => [organisation.id, depth])).toEqual([["county", 0], ["street", 1], ["community", 2], ["company", 1]]);
  });

  it("keeps one whose parent is not ours to see", () => {
    expect(lined([org("community", "hidden", "community")]).map(({ depth }) => depth)).toEqual([0]);
  });
});

describe("a contract", () => {
  const contract = (in_force: boolean, valid_from: string): Contract => ({ in_force, valid_from }) as Contract;
  const now = Date.parse("2026-11-22T08:00:00Z");
  it("is in force, to come, or over", () => {
    expect(contractState(contract(true, "2026-01-01T00:00:00Z"), now)).toBe("inForce");
    expect(contractState(contract(false, "2027-01-01T00:00:00Z"), now)).toBe("coming");
    expect(contractState(contract(false, "2025-01-01T00:00:00Z"), now)).toBe("over");
  });

  it("ends with the last moment of its last day in China", () => {
    expect(startOfDay("2026-11-22")).toBe("2026-11-21T16:00:00.000Z");
    expect(endOfDay("2026-11-22")).toBe("2026-11-22T16:00:00.000Z");
  });
});

it("a role is given only over what it fits", () => {
  const role = (part: Partial<RoleInfo>) => ({ target_kinds: [], organisation_kinds: [], ...part }) as unknown as RoleInfo;
  const estates = [{ id: "estate", title: "阳光花园" }] as Estate[];
  const ids = (found: RoleInfo) => targetsOf(found, ALL, estates).map(({ id }) => id);
  expect(ids(role({ target_kinds: ["organisation", "estate"], organisation_kinds: ["community"] }))).toEqual(["community", "estate"]);
  expect(ids(role({ target_kinds: ["company", "estate"], organisation_kinds: ["company"] }))).toEqual(["company", "estate"]);
  expect(ids(role({ target_kinds: ["incident"] }))).toEqual([]);
});
