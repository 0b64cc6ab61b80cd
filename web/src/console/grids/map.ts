/** Where a grid lies on an estate's plan. Pure. */

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface Point {
  x: number;
  y: number;
}

/** The corners of a box, made larger by `room` on each side. */
function corners({ x, y, w, h }: Box, room: number): Point[] {
  return [
    { x: x - room, y: y - room },
    { x: x + w + room, y: y - room },
    { x: x + w + room, y: y + h + room },
    { x: x - room, y: y + h + room },
  ];
}

const turn = (a: Point, b: Point, c: Point) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

/** The convex hull, around once (Andrew's monotone chain, 1979). */
export function hull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const half = (some: Point[]) => {
    const line: Point[] = [];
    for (const point of some) {
      while (line.length > 1 && turn(line[line.length - 2] as Point, line[line.length - 1] as Point, point) <= 0) line.pop();
      line.push(point);
    }
    return line.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.toReversed())];
}

export function inside(point: Point, around: readonly Point[]): boolean {
  return around.every((a, at) => turn(a, around[(at + 1) % around.length] as Point, point) >= 0);
}

/** The shapes of a grid: one around all its buildings, or one around each where others stand between. */
export function shapesOf(own: readonly Box[], others: readonly Box[], room: number): Point[][] {
  if (own.length === 0) return [];
  const around = hull(own.flatMap((one) => corners(one, room)));
  const between = others.some((one) => corners(one, 0).some((corner) => inside(corner, around)) || inside({ x: one.x + one.w / 2, y: one.y + one.h / 2 }, around));
  return between ? own.map((one) => corners(one, room)) : [around];
}

/** Where the name of a shape stands: above the middle of its upper edge. */
export function headOf(shape: readonly Point[]): Point {
  const top = Math.min(...shape.map(({ y }) => y));
  const upper = shape.filter(({ y }) => y === top).map(({ x }) => x);
  return { x: (Math.min(...upper) + Math.max(...upper)) / 2, y: top };
}
