import { describe, expect, it } from "vitest";
import type { Place } from "@/api/types";
import { placeLabels } from "@/console/places/labels";
import { inOrder } from "@/console/places/order";

it("places stand by kind, then as people count", () => {
  const place = (kind: Place["kind"], title: string) => ({ kind, title }) as Place;
  const given = [place("gate", "北门"), place("floor", "10层"), place("floor", "2层"), place("building", "3号楼"), place("lift", "1号电梯")];
  expect(inOrder(given).map(({ title }) => title)).toEqual(["3号楼", "2层", "10层", "1号电梯", "北门"]);
});

describe("names on a plan", () => {
  const within = { x: 0, y: 0, w: 100, h: 100 };

  it("stand below their points when there is room", () => {
    expect(placeLabels([{ x: 50, y: 50, title: "花园" }], [], within, 4, 3)).toEqual([{ x: 50, y: 55, anchor: "middle" }]);
  });

  it("do not cover a building", () => {
    const [label] = placeLabels([{ x: 50, y: 50, title: "花园" }], [{ x: 40, y: 52, w: 20, h: 10 }], within, 4, 3);
    expect(label).toEqual({ x: 50, y: 45, anchor: "middle" });
  });

  it("do not cover each other", () => {
    const [first, second] = placeLabels([{ x: 50, y: 50, title: "南门" }, { x: 54, y: 50, title: "南门车行" }], [], within, 4, 3);
    expect(first?.y).not.toBe(second?.y);
  });

  it("stay inside the picture", () => {
    const [label] = placeLabels([{ x: 50, y: 99, title: "南门" }], [], within, 4, 3);
    expect(label?.y).toBeLessThan(99);
  });
});
