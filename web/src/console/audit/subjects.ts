/** Where the thing an audit entry is about can be looked at. Pure. */
import type { AuditEntry } from "@/api/types";

const PAGES: Record<string, string> = { device: "/devices", person: "/people", incident: "/incidents", order: "/my-orders", estate: "/estates", place: "/places" };

export function subjectPath(entry: Pick<AuditEntry, "subject_kind" | "subject_id">): string | null {
  const page = PAGES[entry.subject_kind];
  return page && entry.subject_id ? `${page}/${entry.subject_id}` : null;
}
