/** The order and shape of the duty desk's queue. Pure. */
import type { IncidentRow, IncidentState, Severity } from "@/api/types";

export const SEVERITIES: readonly Severity[] = ["critical", "danger", "warning", "notice"];
const RANK: Record<Severity, number> = { critical: 0, danger: 1, warning: 2, notice: 3 };
const ACTIVE: ReadonlySet<IncidentState> = new Set(["open", "handling", "resolved", "confirmed"]);

export type StateFilter = IncidentState | "active" | "unanswered" | "all";
const UNANSWERED: ReadonlySet<IncidentState> = new Set(["open", "handling"]);

const inState = (state: IncidentState, wanted: StateFilter): boolean =>
  wanted === "all" || (wanted === "active" ? ACTIVE.has(state) : wanted === "unanswered" ? UNANSWERED.has(state) : state === wanted);

export interface Filters {
  state: StateFilter;
  severity: Severity | "";
  category: string;
  /** Only incidents in which this rule rang, in the last thirty days. */
  rule: string;
  estateId: string;
  q: string;
  mine: boolean;
  overdue: boolean;
  sort: "urgency" | "newest";
}

export const isActive = (row: Pick<IncidentRow, "state">): boolean => ACTIVE.has(row.state);

/** Critical and nobody has it yet: stays on top and rings until taken or dispatched. */
export const isPinned = (row: Pick<IncidentRow, "severity" | "state" | "taken_by" | "order">): boolean =>
  row.severity === "critical" && row.state === "open" && row.taken_by === null && row.order === null;

/** A deadline that still runs for somebody: what has been confirmed only waits to be filed. */
export const runsOut = (row: Pick<IncidentRow, "state" | "deadline">): boolean => row.deadline !== null && isActive(row) && row.state !== "confirmed";

/** May somebody still say "I follow this"? */
export const canTake = (row: Pick<IncidentRow, "state" | "taken_by">): boolean => UNANSWERED.has(row.state) && row.taken_by === null;

/** Can it be given to the property company with one click? */
export const canDispatch = (row: Pick<IncidentRow, "state" | "order">): boolean =>
  (row.state === "open" || row.state === "handling") &&
  (row.order === null || ["refused", "expired", "cancelled", "transferred"].includes(row.order.state));

const newest = (a: IncidentRow, b: IncidentRow): number =>
  b.received_at.localeCompare(a.received_at) || b.id.localeCompare(a.id);

export function compareUrgency(a: IncidentRow, b: IncidentRow): number {
  const activeFirst = Number(isActive(b)) - Number(isActive(a));
  if (activeFirst !== 0 || !isActive(a)) return activeFirst || newest(a, b);
  return (
    Number(isPinned(b)) - Number(isPinned(a)) ||
    RANK[a.severity] - RANK[b.severity] ||
    Number(b.overdue) - Number(a.overdue) ||
    newest(a, b)
  );
}

export const compareBy = (sort: Filters["sort"]) => (sort === "newest" ? newest : compareUrgency);

/** The same question the server answers for a list, asked of one changed row. */
export function matches(row: IncidentRow, filters: Filters, myName: string): boolean {
  if (!inState(row.state, filters.state)) return false;
  if (filters.severity && row.severity !== filters.severity) return false;
  if (filters.category && row.category !== filters.category) return false;
  if (filters.estateId && row.estate.id !== filters.estateId) return false;
  if (filters.mine && row.taken_by !== myName) return false;
  if (filters.overdue && !row.overdue) return false;
  const q = filters.q.trim().toLowerCase();
  return q === "" || row.line.toLowerCase().includes(q) || row.code.toLowerCase().includes(q);
}

export interface Stack {
  row: IncidentRow;
  /** How many more unfinished incidents of the same place are hidden behind this one. */
  hidden: number;
}

/** Several unfinished incidents of one place show as one line that opens; pinned ones never hide. */
export function stackByPlace(rows: readonly IncidentRow[], unfolded: ReadonlySet<string>): Stack[] {
  const groups: IncidentRow[][] = [];
  const byPlace = new Map<string, IncidentRow[]>();
  for (const row of rows) {
    const place = `${row.estate.id} ${row.place_title}`;
    const group = isPinned(row) || !isActive(row) ? undefined : byPlace.get(place);
    if (group) group.push(row);
    else {
      const fresh = [row];
      groups.push(fresh);
      if (!isPinned(row) && isActive(row)) byPlace.set(place, fresh);
    }
  }
  return groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    if (group.length === 1 || unfolded.has(first.id)) return group.map((row) => ({ row, hidden: 0 }));
    return [{ row: first, hidden: group.length - 1 }];
  });
}

/** Keeps what is on screen where it is; what is new waits. Gone rows go. */
export function holdOrder(shown: readonly string[], wanted: readonly IncidentRow[]): { rows: IncidentRow[]; waiting: IncidentRow[] } {
  const byId = new Map(wanted.map((row) => [row.id, row]));
  const rows: IncidentRow[] = [];
  for (const id of shown) {
    const row = byId.get(id);
    if (!row) continue;
    rows.push(row);
    byId.delete(id);
  }
  return { rows, waiting: [...byId.values()] };
}
