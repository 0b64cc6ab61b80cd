/** Which modules are off in which estates: for the navigation and the notices that stand on every desk. */
import { computed, shallowRef } from "vue";
import { get } from "@/api/client";
import type { ModuleCode, Modules, ModuleSwitch } from "@/api/types";
import { onLive } from "@/live/hub";
import { estateId } from "./estate";
import { atSignOut, can } from "./session";

const state = shallowRef<Modules | null>(null);
const failed = shallowRef<unknown>(null);

export const modules = computed(() => state.value);
/** Why it is not known what is off; shown wherever silence could be taken for safety. */
export const modulesUnknown = computed(() => failed.value);

export async function loadModules(): Promise<void> {
  if (!can("see_places")) return;
  try {
    state.value = await get<Modules>("/api/modules");
    failed.value = null;
  } catch (error) {
    failed.value = error;
  }
}

/** Keeps what is known true; returns how to stop. */
export function followModules(): () => void {
  void loadModules();
  return onLive(["module_switched"], () => void loadModules(), () => void loadModules());
}

/** Off in the chosen estate, or, where none is chosen, in every estate in sight. What is not known counts as on. */
export function offIn(known: Pick<Modules, "estates" | "off"> | null, module: ModuleCode, chosen: string): boolean {
  if (!known || known.estates.length === 0) return false;
  const off = new Set(known.off.filter((one) => one.module === module).map((one) => one.estate_id));
  return chosen ? off.has(chosen) : known.estates.every(({ id }) => off.has(id));
}

/** What is off in an estate: first what lives depend on, then the rest, each the longest off first. */
export function offHere(known: Pick<Modules, "off"> | null, estate: string): { vital: ModuleSwitch[]; rest: ModuleSwitch[] } {
  const off = (known?.off ?? []).filter((one) => one.estate_id === estate).toSorted((a, b) => a.off_at.localeCompare(b.off_at));
  return { vital: off.filter((one) => one.life_safety), rest: off.filter((one) => !one.life_safety) };
}

export const isOff = (module: ModuleCode): boolean => offIn(state.value, module, estateId.value);

atSignOut(() => {
  state.value = null;
  failed.value = null;
});
