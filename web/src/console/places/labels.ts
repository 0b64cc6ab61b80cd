/** Where names stand on a plan so that they neither cover buildings nor each other. Pure. */

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface Point {
  x: number;
  y: number;
  title: string;
}
export interface Label {
  x: number;
  y: number;
  anchor: "start" | "middle" | "end";
}

const apart = (a: Box, b: Box) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;

/** For each point the first free side of: below, above, right, left; below when none is free. `size` is the height of the letters. */
export function placeLabels(points: readonly Point[], taken: readonly Box[], within: Box, size: number, away: number): Label[] {
  const busy: Box[] = [...taken, ...points.map(({ x, y }) => ({ x: x - away / 2, y: y - away / 2, w: away, h: away }))];
  return points.map((point) => {
    const w = point.title.length * size;
    const sides: Label[] = [
      { x: point.x, y: point.y + away + size / 2, anchor: "middle" },
      { x: point.x, y: point.y - away - size / 2, anchor: "middle" },
      { x: point.x + away, y: point.y, anchor: "start" },
      { x: point.x - away, y: point.y, anchor: "end" },
    ];
    const boxOf = ({ x, y, anchor }: Label): Box => ({ x: anchor === "start" ? x : anchor === "end" ? x - w : x - w / 2, y: y - size / 2, w, h: size });
    const inside = (box: Box) => box.x >= within.x && box.y >= within.y && box.x + box.w <= within.x + within.w && box.y + box.h <= within.y + within.h;
    const free = sides.find((side) => inside(boxOf(side)) && busy.every((other) => apart(boxOf(side), other)));
    const chosen = free ?? (sides[0] as Label);
    busy.push(boxOf(chosen));
    return chosen;
  });
}
