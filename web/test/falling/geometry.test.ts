import { describe, expect, it } from "vitest";
import { blockOnWall, type Corners, gridLines, isWall, onWall, shortHome } from "@/console/falling/geometry";

const LEANING: Corners = [
  [0.3, 0.1],
  [0.7, 0.05],
  [0.8, 0.9],
  [0.2, 0.95],
];

describe("a wall in a picture", () => {
  it("has its corners where they were put", () => {
    const shares = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ] as const;
    shares.forEach(([across, down], at) => {
      const [x, y] = onWall(LEANING, across, down);
      expect(x).toBeCloseTo(LEANING[at]?.[0] ?? -1);
      expect(y).toBeCloseTo(LEANING[at]?.[1] ?? -1);
    });
  });
  it("has one line more than windows, each way", () => {
    expect(gridLines(LEANING, { storeys: 18, ground_storey: 1, columns: 4 })).toHaveLength(5 + 19);
  });
  it("has the lowest storey at its foot and the first column at its left", () => {
    const block = blockOnWall(
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
      { storeys: 10, ground_storey: 1, columns: 4 },
      1,
      1,
      1,
      1,
    );
    [
      [0, 0.9],
      [0.25, 0.9],
      [0.25, 1],
      [0, 1],
    ].forEach(([x, y], at) => {
      expect(block[at]?.[0]).toBeCloseTo(x ?? -1);
      expect(block[at]?.[1]).toBeCloseTo(y ?? -1);
    });
  });
  it("is none when the corners are in another order", () => {
    expect(isWall(LEANING)).toBe(true);
    expect(isWall([LEANING[1], LEANING[0], LEANING[2], LEANING[3]])).toBe(false);
  });
});

it("a home fits into a window", () => {
  expect(shortHome("3号楼 1单元 1202")).toBe("1-1202");
  expect(shortHome("3号楼 1202")).toBe("1202");
});
