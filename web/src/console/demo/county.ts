/** The full county of the demo: read every five seconds, each second while it is being entered. */
import { computed, onScopeDispose, readonly, shallowRef } from "vue";
import { get, post } from "@/api/client";
import type { Answer } from "@/api/types";

export type DemoCounty = Answer<"/api/demo/county", "get">;

const ADDRESS = "/api/demo/county";
const AT_REST_MS = 5000;
const GOING_MS = 1000;

const state = shallowRef<DemoCounty | null>(null);
const failure = shallowRef<unknown>(null);
export const county = readonly(state);
export const unread = readonly(failure);
export const entering = computed(() => state.value?.state === "waiting" || state.value?.state === "loading");

export async function readCounty(): Promise<void> {
  try {
    show(await get<DemoCounty>(ADDRESS));
  } catch (error) {
    failure.value = error;
  }
}

/** Reads it for as long as the calling component lives and somebody sees the page. */
export function useCounty(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  async function look() {
    if (document.visibilityState === "visible") await readCounty();
    if (!ended) timer = setTimeout(look, entering.value ? GOING_MS : AT_REST_MS);
  }
  void look();
  onScopeDispose(() => {
    ended = true;
    clearTimeout(timer);
  });
}

export async function loadCounty(): Promise<void> {
  show(await post<DemoCounty>(ADDRESS));
}

export async function cancelCounty(): Promise<void> {
  show(await post<DemoCounty>(`${ADDRESS}/cancel`));
}

function show(told: DemoCounty) {
  state.value = told;
  failure.value = null;
}
