/** When somebody should be visited, and how well that goes. No browser in here. */
import type { KeyRow } from "@/api/types";

/** Why somebody stands in a list: late, today, away, nothing planned. Pure. */
export type Standing = { kind: "overdue"; days: number } | { kind: "today" } | { kind: "away"; until: string } | { kind: "later"; on: string } | { kind: "none" };
export function standing(row: Pick<KeyRow, "next_visit_on" | "overdue_days" | "away_until">, today: string): Standing {
  if (row.away_until && row.away_until >= today) return { kind: "away", until: row.away_until };
  if (!row.next_visit_on) return { kind: "none" };
  if (row.overdue_days > 0) return { kind: "overdue", days: row.overdue_days };
  return row.next_visit_on <= today ? { kind: "today" } : { kind: "later", on: row.next_visit_on };
}

/** Of the people one visits, how many are not late, in whole percent; nobody: none. Pure. */
export const onTime = ({ people, overdue }: { people: number; overdue: number }): number | null => (people === 0 ? null : Math.floor(((people - overdue) * 100) / people));
