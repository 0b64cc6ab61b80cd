/** The guided tour of the demo: ten stops, remembered where one left off. */
import { computed, ref } from "vue";
import { get } from "@/api/client";
import type { IncidentRow, Page, Permission } from "@/api/types";
import type { TextKey } from "@/i18n";

export interface Stop {
  name: string;
  title: TextKey;
  words: TextKey;
  needs: Permission;
  /** What is marked there, the first that exists. */
  marks: string;
  /** The page; null when there is nothing to show yet. */
  path: () => Promise<string | null>;
}

const at = (path: string) => () => Promise.resolve(path);
async function newestIncident(): Promise<string | null> {
  const { items } = await get<Page<IncidentRow>>("/api/incidents", { state: "all", limit: 1 });
  const [newest] = items;
  return newest ? `/incidents/${newest.id}` : null;
}
const stop = (name: string, needs: Permission, marks: string, path: Stop["path"]): Stop => ({
  name,
  title: `tour.stops.${name}.title` as TextKey,
  words: `tour.stops.${name}.words` as TextKey,
  needs,
  marks,
  path,
});

export const STOPS: readonly Stop[] = [
  stop("workplace", "see_incidents", "#main .card", at("/workplace")),
  stop("scene", "run_demo", "#main .card", at("/demo")),
  stop("desk", "see_incidents", "#main .queue", at("/desk")),
  stop("story", "see_incidents", "#main .card", newestIncident),
  stop("cockpit", "see_places", "#main section", at("/cockpit")),
  stop("falls", "see_incidents", "#main table, #main .card", at("/falls")),
  stop("devices", "see_devices", "#main table, #main .card", at("/devices")),
  stop("rules", "see_rules", "#main table, #main .card", at("/rules")),
  stop("elders", "see_key_people", "#main table, #main .card", at("/key-people")),
  stop("questions", "see_people", "#main form, #main section", at("/questions")),
];

/** The stops somebody with these rights can make: what they may not open is left out. */
export const stopsFor = (can: (needs: Permission) => boolean): Stop[] => STOPS.filter(({ needs }) => can(needs));

const KEY = "linli-tour";
interface Kept {
  stop: string;
  open: boolean;
}
function kept(): Kept {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (read !== null && typeof read === "object" && "stop" in read && "open" in read) return { stop: String(read.stop), open: read.open === true };
  } catch {
    // What cannot be read is a tour that never began.
  }
  return { stop: "", open: false };
}

const state = ref<Kept>(kept());
function keep(now: Kept) {
  state.value = now;
  localStorage.setItem(KEY, JSON.stringify(now));
}

export const tour = {
  open: computed(() => state.value.open),
  stop: computed(() => state.value.stop),
  goTo: (name: string) => keep({ stop: name, open: true }),
  /** Away, but not forgotten: it goes on at this stop. */
  pause: () => keep({ ...state.value, open: false }),
  /** Seen to its end: the next one begins anew. */
  end: () => keep({ stop: "", open: false }),
};
