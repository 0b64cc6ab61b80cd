import { describe, expect, it } from "vitest";
import type { Standing } from "@/api/types";
import { inTree, pageOf } from "@/console/completeness/tree";
import { type Condition, filled, said } from "@/console/questions/clauses";

const standing = (id: string, parent: string | null, title: string): Standing => ({ id, parent_id: parent, kind: "estate", title, score: "1.0", lines: [], counted_at: null });

describe("standings as a tree", () => {
  it("puts parents before children and siblings in the order of their names", () => {
    const nodes = inTree([standing("e2", "c", "和园"), standing("c", "gone", "仁里社区"), standing("e1", "c", "安居园"), standing("x", null, "一号院")]);
    expect(nodes.map(({ standing: one, depth }) => [one.id, depth])).toEqual([
      ["c", 0],
      ["e1", 1],
      ["e2", 1],
      ["x", 0],
    ]);
  });

  it("opens each record on its own page", () => {
    expect(pageOf({ id: "1", opens: "person", title: "" })).toBe("/people/1");
    expect(pageOf({ id: "1", opens: "place", title: "" })).toBe("/homes/1");
    expect(pageOf({ id: "1", opens: "enterprise", title: "面馆 A" })).toBe("/enterprises?q=%E9%9D%A2%E9%A6%86%20A");
  });
});

describe("clauses in words", () => {
  const condition: Condition = {
    code: "facilities.stopped",
    title: "所在楼栋{kind}停用，{days} 天",
    group: "设施",
    about: "place",
    parameters: [
      { name: "kind", title: "", usual: "lift", choices: [{ value: "lift", title: "电梯" }], low: 0, high: 0, unit: "" },
      { name: "days", title: "", usual: "7", choices: [], low: 0, high: 9, unit: "天" },
    ],
  };

  it("fills in the usual values and says them", () => {
    expect(filled(condition)).toEqual({ code: "facilities.stopped", values: { kind: "lift", days: "7" }, negated: false });
    expect(said(filled(condition), condition)).toBe("所在楼栋电梯停用，7 天");
    expect(said({ code: "gone", values: {}, negated: false }, undefined)).toBe("gone");
  });
});
