/** The choices of the register: read once, the same for everybody. */
import { shallowRef } from "vue";
import { get } from "@/api/client";
import type { KeyLists } from "@/api/types";
import { atSignOut } from "@/session/session";

export const lists = shallowRef<KeyLists | null>(null);
atSignOut(() => {
  lists.value = null;
});
export async function readLists(): Promise<void> {
  lists.value ??= await get<KeyLists>("/api/key-people/lists");
}

export const RISK_TONES = { high: "bad", medium: "wait", low: "off" } as const;
