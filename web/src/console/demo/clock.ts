/** Demo time for the whole console: read again every five seconds, each second while it goes ahead. */
import { computed, onScopeDispose, readonly, shallowRef } from "vue";
import { get, post } from "@/api/client";
import type { Answer } from "@/api/types";

export type DemoClock = Answer<"/api/demo/clock", "get">;

const ADDRESS = "/api/demo/clock";
const AT_REST_MS = 5000;
const GOING_MS = 1000;
const LEAST_AHEAD_S = 60;

const state = shallowRef<DemoClock | null>(null);
export const demoClock = readonly(state);
export const going = computed(() => state.value?.walk != null);
/** Whether demo time differs from real time, or is about to. */
export const shifted = computed(() => going.value || (state.value?.ahead_s ?? 0) > LEAST_AHEAD_S);

/** Reads it for as long as the calling component lives and somebody sees the page. A failed look is made up for by the next. */
export function useDemoClock(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  async function look() {
    if (document.visibilityState === "visible") await get<DemoClock>(ADDRESS).then(show, () => {});
    if (!ended) timer = setTimeout(look, going.value ? GOING_MS : AT_REST_MS);
  }
  void look();
  onScopeDispose(() => {
    ended = true;
    clearTimeout(timer);
  });
}

/** Sets demo time going; without seconds until tomorrow 08:00. */
export async function forward(seconds: number | null): Promise<void> {
  show(await post<DemoClock>(ADDRESS, { seconds }));
}

export async function cancelForward(): Promise<void> {
  show(await post<DemoClock>(`${ADDRESS}/cancel`));
}

function show(clock: DemoClock) {
  state.value = clock;
}
