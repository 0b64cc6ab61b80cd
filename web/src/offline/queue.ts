/** The outbox of this browser: kept in IndexedDB, drained when there is a network and somebody is signed in. */
import { computed, ref, shallowRef, watch } from "vue";
import { get, post } from "@/api/client";
import type { Order, Task } from "@/api/types";
import { listen } from "@/live/hub";
import { me } from "@/session/session";
import { serverNow } from "@/time/clock";
import { type Drained, type NewMove, Outbox, type QueuedMove } from "./outbox";
import { uploadPhoto } from "./photo";
import { deleteQueued, readQueue, wipeStore, writeQueued } from "./store";

export const queued = shallowRef<QueuedMove[]>([]);
export const sending = ref(false);
/** Why the last attempt ended. */
export const lastEnd = ref<Drained>("empty");

type SentListener = (order: Order, orderId: string) => void;
const listeners = new Set<SentListener>();
export function whenSent(listener: SentListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
type TaskListener = (task: Task) => void;
const taskListeners = new Set<TaskListener>();
export function whenTaskSent(listener: TaskListener): () => void {
  taskListeners.add(listener);
  return () => taskListeners.delete(listener);
}
const ADDRESSES = { order: "/api/orders", task: "/api/tasks" } as const;

const neighbours = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("linli-queue");

const outbox = new Outbox<Order | Task>({
  read: readQueue,
  write: writeQueued,
  remove: deleteQueued,
  upload: (photo, key) => uploadPhoto(photo, "order_evidence", key),
  move: (id, body, key, kind) => post<Order | Task>(`${ADDRESSES[kind]}/${id}/moves`, body, { key }),
  order: (id, kind) => get<Order | Task>(`${ADDRESSES[kind]}/${id}`),
  newKey: () => crypto.randomUUID(),
  now: serverNow,
  changed: (items) => {
    queued.value = items;
  },
  sent: (moved, id, kind) => {
    if (kind === "task") for (const listener of taskListeners) listener(moved as Task);
    else for (const listener of listeners) listener(moved as Order, id);
  },
});

export const waitingCount = computed(() => queued.value.filter(({ account_id }) => account_id === me.value?.account.id).length);
export const failedCount = computed(() => queued.value.filter(({ problem, account_id }) => problem && account_id === me.value?.account.id).length);
export const queuedFor = (orderId: string): QueuedMove[] => queued.value.filter(({ order_id }) => order_id === orderId);

let loaded: Promise<void> | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60_000;

/** One tab sends; the others see the result in the shared store. */
async function withLock<T>(run: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? navigator.locks.request("linli-queue", run) : run();
}

export async function drain(): Promise<void> {
  const account = me.value?.account.id;
  clearTimeout(retry);
  if (!account || sending.value) return;
  loaded ??= outbox.load();
  await loaded;
  if (queued.value.length === 0) return;
  sending.value = true;
  try {
    lastEnd.value = await withLock(async () => {
      await outbox.load();
      return outbox.drain(account);
    });
  } finally {
    sending.value = false;
    neighbours?.postMessage("changed");
  }
  failures = lastEnd.value === "waiting" ? failures + 1 : 0;
  if (lastEnd.value === "waiting") retry = setTimeout(() => void drain(), Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS));
}

/** Resolves when the move is safe on this device. It is sent as soon as possible, once. */
export async function enqueue(move: Omit<NewMove, "account_id">): Promise<void> {
  const account = me.value?.account.id;
  if (!account) throw new Error("nobody is signed in");
  loaded ??= outbox.load();
  await loaded;
  await outbox.add({ ...move, account_id: account });
  neighbours?.postMessage("changed");
  void drain();
}

export async function tryAgain(key: string): Promise<void> {
  await outbox.tryAgain(key);
  await drain();
}
export const discard = (key: string): Promise<void> => outbox.discard(key);

export async function wipe(): Promise<void> {
  outbox.forget();
  await wipeStore();
}

/** Called once by the phone's pages. */
let started = false;
export function startQueue(): void {
  if (started) return;
  started = true;
  neighbours?.addEventListener("message", () => void outbox.load());
  addEventListener("online", () => void drain());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void drain();
  });
  listen((note) => {
    if (note.kind === "open") void drain();
  });
  watch(me, (who) => who && void drain(), { immediate: true });
}
