/** One live stream to the server: reconnects with the last offset, says when it was last heard. */
import { SseParser } from "./sse";

export interface LiveEvent {
  offset: number;
  name: string;
  estate_id?: string | null;
  incident_id?: string | null;
  order_id?: string | null;
  device_id?: string | null;
  version?: number | null;
  state?: string | null;
  severity?: "critical" | "danger" | "warning" | "notice" | null;
  at?: string;
}

export type LiveNote =
  | { kind: "event"; event: LiveEvent }
  /** The stream is open. `fresh`: it began at "now", so anything read earlier may be old. */
  | { kind: "open"; fresh: boolean }
  | { kind: "heard" }
  | { kind: "lost" }
  /** The server no longer has what was missed: read everything again. */
  | { kind: "reset" }
  | { kind: "signed_out" };

export interface LiveDoor {
  /** Opens the stream; answers its text pieces. Throws on network failure. */
  open(lastEventId: string | null, signal: AbortSignal): Promise<LiveAnswer>;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export interface LiveAnswer {
  status: number;
  pieces: AsyncIterable<string>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export class LiveStream {
  private lastEventId: string | null = null;
  private stop: AbortController | null = null;
  private readonly door: LiveDoor;
  private readonly tell: (note: LiveNote) => void;

  constructor(door: LiveDoor, tell: (note: LiveNote) => void) {
    this.door = door;
    this.tell = tell;
  }

  /** Runs until closed or signed out. */
  async run(): Promise<void> {
    this.close();
    const stop = new AbortController();
    this.stop = stop;
    let wait = FIRST_WAIT_MS;
    while (!stop.signal.aborted) {
      try {
        const ended = await this.once(stop.signal, () => {
          wait = FIRST_WAIT_MS;
        });
        if (ended) return;
      } catch {
        // A cut is normal life for a stream: the loop below reconnects, and the page shows the age.
      }
      if (stop.signal.aborted) return;
      this.tell({ kind: "lost" });
      await this.door.wait(wait, stop.signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  close(): void {
    this.stop?.abort();
    this.stop = null;
  }

  forget(): void {
    this.lastEventId = null;
  }

  private async once(signal: AbortSignal, opened: () => void): Promise<boolean> {
    const answer = await this.door.open(this.lastEventId, signal);
    if (answer.status === 401) {
      this.tell({ kind: "signed_out" });
      return true;
    }
    if (answer.status !== 200) return false;
    opened();
    this.tell({ kind: "open", fresh: this.lastEventId === null });
    const parser = new SseParser();
    for await (const piece of answer.pieces) {
      if (signal.aborted) return true;
      let heard = false;
      for (const message of parser.push(piece, () => (heard = true))) {
        if (message.id !== null && message.id !== "") this.lastEventId = message.id;
        if (message.event === "signed_out") {
          this.tell({ kind: "signed_out" });
          return true;
        }
        if (message.event === "reset") this.tell({ kind: "reset" });
        else this.event(message.event, message.data);
      }
      if (heard) this.tell({ kind: "heard" });
    }
    return false;
  }

  private event(name: string, data: string): void {
    try {
      const body = JSON.parse(data) as LiveEvent;
      this.tell({ kind: "event", event: { ...body, name: body.name ?? name } });
    } catch {
      // An event we cannot read may have been about anything we show.
      this.tell({ kind: "reset" });
    }
  }
}

async function* textPieces(body: ReadableStream<Uint8Array>): AsyncIterable<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

/** Longest silence before a connection counts as half-open and is opened anew; the server beats every 5 s. */
const SILENCE_MS = 20_000;

/** The door through fetch: unlike EventSource it sees the beats and may send Last-Event-ID after any failure. */
export const fetchDoor: LiveDoor = {
  async open(lastEventId, signal) {
    const own = new AbortController();
    const end = () => own.abort();
    signal.addEventListener("abort", end, { once: true });
    let timer = setTimeout(end, SILENCE_MS);
    const answer = await fetch("/api/live", {
      credentials: "same-origin",
      cache: "no-store",
      headers: { Accept: "text/event-stream", ...(lastEventId === null ? {} : { "Last-Event-ID": lastEventId }) },
      signal: own.signal,
    });
    const body = answer.body;
    async function* watched(): AsyncIterable<string> {
      if (!body) return;
      try {
        for await (const piece of textPieces(body)) {
          clearTimeout(timer);
          timer = setTimeout(end, SILENCE_MS);
          yield piece;
        }
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
      }
    }
    if (answer.status !== 200) clearTimeout(timer);
    return { status: answer.status, pieces: watched() };
  },
  wait(ms, signal) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  },
};
