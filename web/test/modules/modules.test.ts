// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Modules, ModuleSwitch } from "@/api/types";
import { PAGES } from "@/console/pages";
import { offIn } from "@/session/modules";

const estate = (id: string) => ({ id, title: id, community_title: "仁里社区", may_switch: true });
const off = (estate_id: string): ModuleSwitch => ({
  id: estate_id,
  estate_id,
  estate_title: estate_id,
  module: "falling_objects",
  module_title: "高空抛物",
  life_safety: false,
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
