/** Over what a role can be given. Pure. */
import type { Estate, Organisation, RoleInfo } from "@/api/types";

export type TargetKind = RoleInfo["target_kinds"][number];
export interface Target {
  kind: TargetKind;
  id: string;
  title: string;
}

/** What can be chosen from lists: organisations of the right kind, companies, estates. */
export function targetsOf(role: RoleInfo, organisations: readonly Organisation[], estates: readonly Estate[]): Target[] {
  const found: Target[] = [];
  const kinds = new Set(role.organisation_kinds);
  for (const kind of role.target_kinds) {
    if (kind === "organisation" || kind === "company") {
      for (const one of organisations) {
        if (kinds.has(one.kind) && (kind === "company") === (one.kind === "company")) found.push({ kind, id: one.id, title: one.title });
      }
    } else if (kind === "estate") for (const one of estates) found.push({ kind, id: one.id, title: one.title });
  }
  return found;
}
