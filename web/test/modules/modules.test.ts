// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Modules, ModuleSwitch } from "@/api/types";
import { PAGES } from "@/console/pages";
import { offHere, offIn } from "@/session/modules";

const estate = (id: string) => ({ id, title: id, community_title: "仁里社区", may_switch: true });
const off = (estate_id: string): ModuleSwitch => ({
  id: estate_id,
  estate_id,
  estate_title: estate_id,
  module: "falling_objects",
  module_title: "高空抛物",
  life_safety: false,
  rings: true,
  off_at: "2026-11-23T08:00:00Z",
  off_by: "王值班",
  approved_by: "",
  reason: "摄像机拆除",
  on_at: null,
  on_by: "",
  on_reason: "",
});
const known = (...where: string[]): Pick<Modules, "estates" | "off"> => ({ estates: [estate("a"), estate("b")], off: where.map(off) });

test("a menu goes only where the module is off in every estate one looks at", () => {
  expect(offIn(known("a"), "falling_objects", "")).toBe(false);
  expect(offIn(known("a"), "falling_objects", "a")).toBe(true);
  expect(offIn(known("a"), "falling_objects", "b")).toBe(false);
  expect(offIn(known("a", "b"), "falling_objects", "")).toBe(true);
  expect(offIn(known("a", "b"), "fire", "")).toBe(false);
});

test("what is not known, or nothing in sight, hides nothing", () => {
  expect(offIn(null, "falling_objects", "")).toBe(false);
  expect(offIn({ estates: [], off: [] }, "falling_objects", "")).toBe(false);
});

test("both pages of the falling objects belong to their module", () => {
  expect(PAGES.filter(({ module }) => module === "falling_objects").map(({ name }) => name)).toEqual(["facades", "falls"]);
});

test("the pages of key people go, tasks and rosters of houses stay with a mark", () => {
  const of = (module: string) => PAGES.filter((page) => page.module === module).map(({ name, stays }) => `${name}${stays ? " stays" : ""}`);
  expect(of("key_people")).toEqual(["key-people", "visits"]);
  expect(of("tasks")).toEqual(["tasks stays"]);
  expect(of("rosters")).toEqual(["rosters stays"]);
});

test("the cockpit tells of one estate, what lives depend on first and the longest off first", () => {
  const fire = { ...off("a"), id: "f", module: "fire" as const, life_safety: true };
  const late = { ...off("a"), id: "l", off_at: "2026-11-23T09:00:00Z" };
  const told = offHere({ off: [late, off("b"), fire, off("a")] }, "a");
  expect(told.vital.map(({ id }) => id)).toEqual(["f"]);
  expect(told.rest.map(({ id }) => id)).toEqual(["a", "l"]);
  expect(offHere(null, "a")).toEqual({ vital: [], rest: [] });
});
