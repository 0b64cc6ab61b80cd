/** This browser's visits on their way: kept in IndexedDB, sent when there is a network and somebody is signed in. */
import { computed, ref, shallowRef, watch } from "vue";
import { post } from "@/api/client";
import { listen } from "@/live/hub";
import { me } from "@/session/session";
import { serverNow } from "@/time/clock";
import { uploadPhoto } from "./photo";
import { deleteVisit, readVisits, writeVisit } from "./store";
import { type NewVisit, type QueuedVisit, VisitOutbox, type VisitsDrained } from "./visits";

export const queuedVisits = shallowRef<QueuedVisit[]>([]);
export const sendingVisits = ref(false);
export const lastVisitsEnd = ref<VisitsDrained>("empty");
/** Counts up when visits have reached the server: lists read themselves again. */
export const visitsSent = ref(0);

const outbox = new VisitOutbox({
  read: readVisits,
  write: writeVisit,
  remove: deleteVisit,
  upload: (photo, key) => uploadPhoto(photo, "incident_report", key),
  send: (keyPersonId, body, id) => post(`/api/key-people/${keyPersonId}/visits`, body, { key: `visit-${id}` }),
  newId: () => crypto.randomUUID(),
  now: serverNow,
  changed: (items) => {
    if (items.length < queuedVisits.value.length) visitsSent.value += 1;
    queuedVisits.value = items;
  },
});

const own = computed(() => queuedVisits.value.filter(({ account_id }) => account_id === me.value?.account.id));
export const visitsWaiting = computed(() => own.value.filter(({ refused }) => !refused));
export const visitsRefused = computed(() => own.value.filter(({ refused }) => refused));

let loaded: Promise<void> | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60_000;

/** One tab sends; the others find nothing left. */
async function withLock<T>(run: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? navigator.locks.request("linli-visits", run) : run();
}

export async function drainVisits(): Promise<void> {
  const account = me.value?.account.id;
  clearTimeout(retry);
  if (!account || sendingVisits.value) return;
  loaded ??= outbox.load();
  await loaded;
  if (queuedVisits.value.length === 0) return;
  sendingVisits.value = true;
  try {
    lastVisitsEnd.value = await withLock(async () => {
      await outbox.load();
      return outbox.drain(account);
    });
  } finally {
    sendingVisits.value = false;
  }
  failures = lastVisitsEnd.value === "waiting" ? failures + 1 : 0;
  if (failures > 0) retry = setTimeout(() => void drainVisits(), Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS));
}

/** Resolves when the visit is safe on this device. It is sent as soon as possible, once. */
export async function enqueueVisit(visit: Omit<NewVisit, "account_id">): Promise<void> {
  const account = me.value?.account.id;
  if (!account) throw new Error("nobody is signed in");
  loaded ??= outbox.load();
  await loaded;
  await outbox.add({ ...visit, account_id: account });
  void drainVisits();
}

export async function tryVisitAgain(id: string): Promise<void> {
  await outbox.tryAgain(id);
  await drainVisits();
}
export const discardVisit = (id: string): Promise<void> => outbox.discard(id);
export const forgetVisits = (): void => outbox.forget();

let started = false;
export function startVisits(): void {
  if (started) return;
  started = true;
  addEventListener("online", () => void drainVisits());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void drainVisits();
  });
  listen((note) => {
    if (note.kind === "open") void drainVisits();
  });
  watch(me, (who) => who && void drainVisits(), { immediate: true });
}
