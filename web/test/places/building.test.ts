import { describe, expect, it } from "vitest";
import type { EstatePlanView } from "@/api/types";
import { freeSpot, liftNames, nextEntrance, saidTwice, sizeOf } from "@/console/places/building";

describe("a building in the form", () => {
  it("counts homes over all floors and entrances", () => {
    const entrances = [
      { title: "1单元", homes: 4, lifts: "1号电梯、2号电梯" },
      { title: "2单元", homes: 2, lifts: "" },
    ];
    expect(sizeOf(18, entrances)).toEqual({ homes: 108, lifts: 2 });
  });

  it("counts nothing while a number is being typed anew", () => {
    expect(sizeOf("" as unknown as number, [{ title: "1单元", homes: 4, lifts: "" }]).homes).toBe(0);
  });

  it("reads lifts however they are set apart", () => {
    expect(liftNames(" 1号电梯、2号电梯，货梯, 消防梯 ")).toEqual(["1号电梯", "2号电梯", "货梯", "消防梯"]);
  });

  it("counts the lifts through from entrance to entrance", () => {
    const first = { title: "1单元", homes: 4, lifts: "1号电梯、2号电梯" };
    expect(nextEntrance([first])).toEqual({ title: "2单元", homes: 4, lifts: "3号电梯、4号电梯" });
    expect(nextEntrance([]).lifts).toBe("1号电梯");
    expect(nextEntrance([{ ...first, lifts: "" }]).lifts).toBe("");
  });

  it("notices a name said twice", () => {
    expect(saidTwice(["1单元", "1号电梯", "2单元", "1号电梯"])).toBe("1号电梯");
    expect(saidTwice(["1单元", "", ""])).toBeNull();
  });
});

describe("a free spot on the plan", () => {
  const plan = (buildings: { x: number; y: number; w: number; h: number }[]): EstatePlanView => ({
    width: 120,
    height: 60,
    buildings: buildings.map((one, index) => ({ ...one, id: `${index}`, title: `${index}号楼`, storeys: null, outline: null })),
    marks: [],
  });

  it("is the upper left of an empty plan", () => {
    expect(freeSpot(plan([]), 40, 15)).toEqual({ x: 5, y: 5 });
  });

  it("keeps away from what stands there", () => {
    expect(freeSpot(plan([{ x: 5, y: 5, w: 40, h: 15 }]), 40, 15)).toEqual({ x: 55, y: 5 });
  });

  it("stays inside the plan, and is the corner when nothing is free", () => {
    expect(freeSpot(plan([{ x: 0, y: 0, w: 120, h: 60 }]), 40, 15)).toEqual({ x: 0, y: 0 });
  });
});
