import { expect, it } from "vitest";
import type { Incident } from "@/api/types";
import { whatChanged } from "@/console/incidents/changes";

const before = {
  state: "open",
  state_title: "待处置",
  taken_by: null,
  order: null,
  story: [{ seq: 1, actor_name: "规则", title: "发现烟雾" }],
} as unknown as Incident;

it("says in words what happened since the page was read", () => {
  const after = {
    ...before,
    state: "handling",
    state_title: "处置中",
    taken_by: "王敏",
    order: { id: "o1", state: "offered", state_title: "待接单", assignee_name: "李强" },
    story: [...before.story, { seq: 2, actor_name: "王敏", title: "派单给安居物业" }],
  } as unknown as Incident;
  expect(whatChanged(before, after)).toEqual(["状态：待处置 → 处置中", "王敏 已接手", "工单：李强 待接单", "王敏：派单给安居物业"]);
});

it("says nothing when nothing happened", () => {
  expect(whatChanged(before, { ...before })).toEqual([]);
});
