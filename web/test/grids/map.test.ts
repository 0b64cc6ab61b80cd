import { describe, expect, it } from "vitest";
import { headOf, hull, inside, shapesOf } from "@/console/grids/map";

const box = (x: number, y: number) => ({ x, y, w: 10, h: 6 });

describe("where a grid lies on the plan", () => {
  it("goes around all its buildings in one shape", () => {
    const own = [box(0, 0), box(40, 0), box(20, 30)];
    const [around, ...more] = shapesOf(own, [box(80, 0)], 2);
    expect(more).toEqual([]);
    for (const one of own) expect(inside({ x: one.x + 5, y: one.y + 3 }, around ?? [])).toBe(true);
    expect(inside({ x: 85, y: 3 }, around ?? [])).toBe(false);
  });
  it("goes around each building where another's stands between", () => {
    const shapes = shapesOf([box(0, 0), box(40, 0)], [box(20, 0)], 2);
    expect(shapes).toHaveLength(2);
    for (const shape of shapes) expect(inside({ x: 25, y: 3 }, shape)).toBe(false);
  });
  it("has none without buildings, and its name stands above", () => {
    expect(shapesOf([], [box(0, 0)], 2)).toEqual([]);
    expect(headOf(shapesOf([box(0, 10)], [], 2)[0] ?? [])).toEqual({ x: 5, y: 8 });
    expect(headOf(shapesOf([box(0, 10), box(40, 0)], [], 2)[0] ?? [])).toEqual({ x: 45, y: -2 });
  });
  it("keeps no point of a hull that others hold already", () => {
    expect(hull([{ x: 0, y: 0 }, { x: 4, y: 0 }, { x: 4, y: 4 }, { x: 0, y: 4 }, { x: 2, y: 2 }, { x: 2, y: 0 }])).toHaveLength(4);
  });
});
