/** What in the state of the installation needs somebody. Pure. */
import type { Health } from "@/api/types";

export type Trouble = "process" | "database" | "schema" | "outbox" | "deadlines";

export const OUTBOX_TOO_LONG = 1000;

export function troubles(health: Health): Trouble[] {
  const found: Trouble[] = [];
  if (health.processes.some(({ state }) => state !== "running")) found.push("process");
  if (!health.database.answers) found.push("database");
  else if (!health.database.schema_current) found.push("schema");
  if ((health.queues.outbox_lag ?? 0) > OUTBOX_TOO_LONG) found.push("outbox");
  if ((health.queues.deadlines_overdue ?? 0) > 0) found.push("deadlines");
  return found;
}
