/** Where a wall's windows lie in a camera's picture. Pure. */
export type Point = readonly [number, number];
export type Corners = readonly [Point, Point, Point, Point];

/** A point of the wall (shares from its top left) in the picture: the projective map of the unit square onto the corners. */
export function onWall(corners: Corners, across: number, down: number): Point {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners;
  const dx1 = x1 - x2;
  const dx2 = x3 - x2;
  const dx3 = x0 - x1 + x2 - x3;
  const dy1 = y1 - y2;
  const dy2 = y3 - y2;
  const dy3 = y0 - y1 + y2 - y3;
  const under = dx1 * dy2 - dx2 * dy1;
  if (under === 0) return [x0, y0];
  const g = (dx3 * dy2 - dx2 * dy3) / under;
  const h = (dx1 * dy3 - dx3 * dy1) / under;
  const scale = g * across + h * down + 1;
  return [((x1 - x0 + g * x1) * across + (x3 - x0 + h * x3) * down + x0) / scale, ((y1 - y0 + g * y1) * across + (y3 - y0 + h * y3) * down + y0) / scale];
}

export interface Grid {
  storeys: number;
  ground_storey: number;
  columns: number;
}

/** The four corners of a window, or of a block of windows, in the picture. */
export function blockOnWall(corners: Corners, grid: Grid, low: number, high: number, left: number, right: number): Point[] {
  const top = grid.ground_storey + grid.storeys;
  const shares = [(left - 1) / grid.columns, right / grid.columns, (top - 1 - high) / grid.storeys, (top - low) / grid.storeys].map((share) => Math.min(Math.max(share, 0), 1));
  const [a, b, c, d] = shares as [number, number, number, number];
  return [onWall(corners, a, c), onWall(corners, b, c), onWall(corners, b, d), onWall(corners, a, d)];
}

/** The lines of the window grid, each from a point to a point. */
export function gridLines(corners: Corners, grid: Grid): [Point, Point][] {
  const lines: [Point, Point][] = [];
  for (let column = 0; column <= grid.columns; column++) {
    const across = column / grid.columns;
    lines.push([onWall(corners, across, 0), onWall(corners, across, 1)]);
  }
  for (let storey = 0; storey <= grid.storeys; storey++) {
    const down = storey / grid.storeys;
    lines.push([onWall(corners, 0, down), onWall(corners, 1, down)]);
  }
  return lines;
}

/** Whether the corners, clockwise from the top left, make a convex quadrilateral: else no wall can be meant. */
export function isWall(corners: Corners): boolean {
  for (let at = 0; at < 4; at++) {
    const [ax, ay] = corners[at] as Point;
    const [bx, by] = corners[(at + 1) % 4] as Point;
    const [cx, cy] = corners[(at + 2) % 4] as Point;
    if ((bx - ax) * (cy - by) - (by - ay) * (cx - bx) <= 0) return false;
  }
  return true;
}

/** A home as it fits into a window: `3号楼 1单元 1202` → `1-1202`. */
export function shortHome(path: string): string {
  const parts = path.split(" ");
  const home = parts.at(-1);
  const entrance = parts.at(-2);
  return entrance?.endsWith("单元") ? `${entrance.replace("单元", "")}-${home}` : (home ?? path);
}
