/** The page's side of the live stream: whoever wants to know subscribes here. */
import { computed, reactive } from "vue";
import { nowHere } from "@/time/clock";
import type { ToWorker } from "./live.worker";
import { fetchDoor, type LiveEvent, type LiveNote, LiveStream } from "./stream";

/** Silent longer than this: what the page shows may be old, and it says so. */
export const STALE_AFTER_MS = 15_000;

type Listener = (note: LiveNote) => void;
const listeners = new Set<Listener>();

const state = reactive({ joined: false, open: false, lastHeardAt: 0, joinedAt: 0 });

function hear(note: LiveNote): void {
  if (note.kind === "open" || note.kind === "heard" || note.kind === "event") state.lastHeardAt = Date.now();
  if (note.kind === "open") state.open = true;
  if (note.kind === "lost") state.open = false;
  for (const listener of listeners) listener(note);
}

/** Calls `listener` for each note of the stream until the answer is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Only the events with these names; `reset` when everything must be read again. */
export function onLive(names: readonly string[], event: (event: LiveEvent) => void, reset: () => void): () => void {
  return listen((note) => {
    if (note.kind === "event" && names.includes(note.event.name)) event(note.event);
    else if (note.kind === "reset" || (note.kind === "open" && note.fresh)) reset();
  });
}

export type Connection = "connecting" | "live" | "stale";

export const connection = computed<Connection>(() => {
  if (!state.joined) return "connecting";
  if (nowHere.value - Math.max(state.lastHeardAt, state.joinedAt) > STALE_AFTER_MS) return "stale";
  return state.lastHeardAt === 0 ? "connecting" : "live";
});
export const silentForS = computed(() => Math.max(0, (nowHere.value - Math.max(state.lastHeardAt, state.joinedAt)) / 1000));

interface Carrier {
  join(account: string): void;
  leave(): void;
}

function shared(): Carrier {
  const worker = new SharedWorker(new URL("./live.worker.ts", import.meta.url), { type: "module", name: "linli-live" });
  worker.port.addEventListener("message", ({ data }: MessageEvent<LiveNote>) => hear(data));
  worker.port.start();
  const say = (message: ToWorker) => worker.port.postMessage(message);
  return { join: (account) => say({ kind: "join", account }), leave: () => say({ kind: "leave" }) };
}

/** Without SharedWorker (many phones): the tab that holds the lock opens the stream and repeats it to the others. */
function elected(): Carrier {
  const channel = new BroadcastChannel("linli-live");
  const stream = new LiveStream(fetchDoor, (note) => {
    hear(note);
    channel.postMessage(note);
  });
  channel.addEventListener("message", ({ data }: MessageEvent<LiveNote>) => hear(data));
  let release: () => void = () => {};
  let leaving = new AbortController();
  return {
    join() {
      leaving = new AbortController();
      const lead = () => {
        stream.forget();
        void stream.run();
        return new Promise<void>((resolve) => (release = resolve));
      };
      // Locks need a secure context; without them each tab keeps its own stream.
      if ("locks" in navigator) navigator.locks.request("linli-live", { signal: leaving.signal }, lead).catch(() => {});
      else void lead();
    },
    leave() {
      leaving.abort();
      stream.close();
      release();
    },
  };
}

let carrier: Carrier | null = null;
let joinedAs: string | null = null;

export function joinLive(account: string): void {
  if (joinedAs === account) return;
  carrier ??= typeof SharedWorker === "undefined" ? elected() : shared();
  if (joinedAs !== null) carrier.leave();
  joinedAs = account;
  state.joined = true;
  state.joinedAt = Date.now();
  carrier.join(account);
}

export function leaveLive(): void {
  if (joinedAs === null) return;
  carrier?.leave();
  joinedAs = null;
  state.joined = false;
  state.open = false;
  state.lastHeardAt = 0;
}

// A page put aside by the browser's back-forward cache must not keep the stream alive, and must come back to it.
let setAside: string | null = null;
window.addEventListener("pagehide", () => {
  setAside = joinedAs;
  leaveLive();
});
window.addEventListener("pageshow", ({ persisted }: PageTransitionEvent) => {
  if (!persisted || setAside === null) return;
  joinLive(setAside);
  hear({ kind: "reset" });
});
