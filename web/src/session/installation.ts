/** What this installation is called, and who answers for identities; asked once. */
import { readonly, shallowRef } from "vue";
import { get } from "@/api/client";
import type { Answer } from "@/api/types";

export type Installation = Answer<"/api/installation", "get">;

const known = shallowRef<Installation | null>(null);
export const installation = readonly(known);

export async function askInstallation(): Promise<Installation> {
  known.value ??= await get<Installation>("/api/installation");
  return known.value;
}
