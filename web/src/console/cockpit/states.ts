/** What a part of the ground looks like: one state, by what is worst in it. Pure. */
import type { CockpitChild, CockpitFigure, CockpitRecord, Severity } from "@/api/types";

export type GroundState = Severity | "off" | "ok" | "none";

const WORST_FIRST: readonly Severity[] = ["critical", "danger", "warning", "notice"];

type Totals = CockpitChild["totals"];

export interface Standing {
  state: GroundState;
  /** How many of what the state is about. */
  count: number;
}

/** The worst open incidents; without any, devices that are silent; else all is well, if anything is known. */
export function standing(totals: Totals): Standing {
  for (const severity of WORST_FIRST) {
    const count = totals[`incidents.${severity}`] ?? 0;
    if (count > 0) return { state: severity, count };
  }
  const off = totals["devices.offline"] ?? 0;
  if (off > 0) return { state: "off", count: off };
  return Object.keys(totals).length > 0 ? { state: "ok", count: 0 } : { state: "none", count: 0 };
}

/** 2号楼 before 10号楼, and what nobody put anywhere last. */
export const byTitle = (a: CockpitChild, b: CockpitChild): number =>
  Number(a.node.id === null) - Number(b.node.id === null) || a.node.title.localeCompare(b.node.title, "zh-CN", { numeric: true });

const URGENCY: Record<GroundState, number> = { critical: 0, danger: 1, warning: 2, notice: 3, off: 4, ok: 5, none: 6 };

/** The worst first, then as people count. */
export const byUrgency = (a: CockpitChild, b: CockpitChild): number => {
  const [one, other] = [standing(a.totals), standing(b.totals)];
  return URGENCY[one.state] - URGENCY[other.state] || other.count - one.count || byTitle(a, b);
};

/** The order in which people read the numbers; what is not named here comes after. */
const READ = ["incidents.open", "devices.all", "devices.online", "people.residents", "key_people.all", "places.homes", "places.buildings"];
const readAt = ({ code }: CockpitFigure): number => (READ.includes(code) ? READ.indexOf(code) : READ.length);

/** Numbers that stand together, in the order of the groups. */
export function grouped(figures: readonly CockpitFigure[], groups: readonly string[]): { group: string; figures: CockpitFigure[] }[] {
  return groups.map((group) => ({ group, figures: figures.filter((one) => one.group === group).toSorted((a, b) => readAt(a) - readAt(b)) })).filter(({ figures: some }) => some.length > 0);
}

/** The page on which a record is seen whole. */
export function pageOf({ opens, id }: Pick<CockpitRecord, "opens" | "id">): string {
  const pages: Record<string, string> = { incident: "incidents", device: "devices", person: "people", key_person: "key-people", facility: "facilities", place: "places" };
  return `/${pages[opens] ?? "places"}/${id}`;
}

export interface Door {
  child: CockpitChild;
  /** Its name on the floor: 02 of 502. */
  door: string;
}

export interface Face {
  /** From the highest down. */
  floors: { floor: number; doors: (Door | null)[] }[];
  columns: { entrance: string; door: string }[];
  /** What has no number by which it could be put on a floor. */
  rest: CockpitChild[];
}

const NUMBER = /^(?:(.*?)\s+)?(\d{1,3})(\d{2})\D*$/;

/** A building from the front: homes on floors by their numbers (1单元 502: fifth floor, second door). */
export function faceOf(children: readonly CockpitChild[]): Face {
  const placed: { entrance: string; floor: number; door: string; child: CockpitChild }[] = [];
  const rest: CockpitChild[] = [];
  for (const child of children) {
    const found = child.node.level === "home" ? NUMBER.exec(child.node.title) : null;
    if (found) placed.push({ entrance: found[1] ?? "", floor: Number(found[2]), door: found[3] ?? "", child });
    else rest.push(child);
  }
  const key = ({ entrance, door }: { entrance: string; door: string }) => `${entrance}\u0000${door}`;
  const columns = [...new Map(placed.map((one) => [key(one), { entrance: one.entrance, door: one.door }])).values()].toSorted((a, b) =>
    key(a).localeCompare(key(b), "zh-CN", { numeric: true }),
  );
  const floors = [...new Set(placed.map(({ floor }) => floor))].toSorted((a, b) => b - a);
  const at = new Map(placed.map((one) => [`${key(one)}\u0000${one.floor}`, one]));
  return {
    columns,
    rest: rest.toSorted(byTitle),
    floors: floors.map((floor) => ({ floor, doors: columns.map((column) => at.get(`${key(column)}\u0000${floor}`) ?? null) })),
  };
}

/** Per cent with one decimal, never rounded up to the whole. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return "—";
  return `${Math.floor((part * 1000) / whole) / 10}%`;
}

/** Points of a line in a box of 100 by 100, y downwards, from values on a scale. */
export function line(values: readonly number[], low: number, high: number): string {
  const width = Math.max(1, values.length - 1);
  const height = Math.max(1e-9, high - low);
  return values.map((value, at) => `${((at * 100) / width).toFixed(2)},${(100 - ((value - low) * 100) / height).toFixed(2)}`).join(" ");
}
