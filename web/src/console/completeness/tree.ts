/** Standings as a tree, and where a record with a gap is opened. Pure. */
import type { Gap, Standing } from "@/api/types";

export interface Node {
  standing: Standing;
  depth: number;
}

/** Parents before their children; what has no parent in sight stands at the top. Siblings by title. */
export function inTree(standings: readonly Standing[]): Node[] {
  const known = new Set(standings.map(({ id }) => id));
  const children = new Map<string | null, Standing[]>();
  for (const one of standings) {
    const parent = one.parent_id && known.has(one.parent_id) ? one.parent_id : null;
    children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const nodes: Node[] = [];
  const add = (parent: string | null, depth: number) => {
    for (const standing of (children.get(parent) ?? []).toSorted((a, b) => a.title.localeCompare(b.title, "zh-CN"))) {
      nodes.push({ standing, depth });
      add(standing.id, depth + 1);
    }
  };
  add(null, 0);
  return nodes;
}

/** The page on which a record's gap is filled. */
export function pageOf(gap: Pick<Gap, "id" | "opens" | "title">): string {
  switch (gap.opens) {
    case "person":
      return `/people/${gap.id}`;
    case "place":
      return `/homes/${gap.id}`;
    case "facility":
      return `/facilities/${gap.id}`;
    case "device":
      return `/devices/${gap.id}`;
    case "enterprise":
      return `/enterprises?q=${encodeURIComponent(gap.title)}`;
    case "vehicle":
      return "/vehicles";
    default:
      return `/places/${gap.id}`;
  }
}
