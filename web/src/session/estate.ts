/** The estate the whole console is narrowed to, chosen in the header; kept for the next visit. */
import { ref, shallowRef, watch } from "vue";
import { get } from "@/api/client";
import type { Estate, Page } from "@/api/types";
import { atSignOut } from "./session";

const KEY = "linli-estate";

export const estates = shallowRef<Estate[]>([]);
export const estateId = ref<string>(localStorage.getItem(KEY) ?? "");
watch(estateId, (id) => (id ? localStorage.setItem(KEY, id) : localStorage.removeItem(KEY)));

export async function loadEstates(): Promise<void> {
  const answer = await get<Page<Estate> | Estate[]>("/api/estates");
  estates.value = Array.isArray(answer) ? answer : answer.items;
  if (!estates.value.some(({ id }) => id === estateId.value)) estateId.value = "";
}

atSignOut(() => {
  estates.value = [];
  estateId.value = "";
});
