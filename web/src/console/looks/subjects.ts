/** What can be looked at, and where it is shown. Pure. */
import type { Look, Permission } from "@/api/types";

export const WHATS = ["details", "plate", "notes", "picture", "recording", "evidence", "file"] as const satisfies readonly Look["what"][];

const PAGES: Record<string, { path: string; needs: Permission }> = {
  camera: { path: "/cameras", needs: "see_cameras" },
  fall: { path: "/falls", needs: "see_recordings" },
};

/** The page of what was looked at, for who may open it. */
export function subjectPath(look: Pick<Look, "subject_kind" | "subject_id">, can: (permission: Permission) => boolean): string | null {
  const page = PAGES[look.subject_kind];
  return page && can(page.needs) ? `${page.path}/${look.subject_id}` : null;
}
