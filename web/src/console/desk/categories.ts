/** The sorts of matters there are, read once. */
import { shallowRef } from "vue";
import { get } from "@/api/client";
import type { Category } from "@/api/types";

export const categories = shallowRef<Category[]>([]);

export async function loadCategories(): Promise<void> {
  if (categories.value.length === 0) categories.value = await get<Category[]>("/api/incidents/categories");
}
