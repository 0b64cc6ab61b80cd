/** The one way to the server: CSRF, idempotency keys, errors as one type, the server's clock. */
import { clockFrom } from "@/time/clock";
import type { ApiError } from "./types";

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** What the server (or the network) answered instead of the thing asked for. `status` 0: no answer at all. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly code: string;
  readonly remedy: string | null;
  readonly field: string | null;
  readonly details: { field: string; message: string }[];
  readonly retryAfterS: number | null;

  constructor(status: number, body: ApiError, retryAfterS: number | null = null) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.remedy = body.remedy ?? null;
    this.field = body.field ?? null;
    this.details = body.details ?? [];
    this.retryAfterS = body.retry_after_s ?? retryAfterS;
  }

  get offline(): boolean {
    return this.status === 0;
  }

  /** True when nobody can say whether the write happened: the same key must be sent again. */
  get undecided(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export interface Texts {
  offline: string;
  offlineRemedy: string;
  broken: string;
  brokenRemedy: string;
}
const texts: Texts = { offline: "", offlineRemedy: "", broken: "", brokenRemedy: "" };
export function setClientTexts(given: Texts): void {
  Object.assign(texts, given);
}

let onSignedOut: () => void = () => {};
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

let csrf = "";
export function setCsrf(token: string): void {
  csrf = token;
}
function csrfToken(): string {
  return /(?:^|; )linli_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? csrf;
}

export function withQuery(path: string, query: Query = {}): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "" || value === false) continue;
    parts.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  const text = parts.toString();
  return text ? `${path}?${text}` : path;
}

async function readError(answer: Response): Promise<Refused> {
  const seconds = Number(answer.headers.get("Retry-After"));
  const wait = Number.isFinite(seconds) && seconds > 0 ? seconds : null;
  try {
    const body = (await answer.json()) as ApiError;
    if (typeof body.message === "string") return new Refused(answer.status, body, wait);
  } catch {
    // Not our JSON: a proxy in between has answered.
  }
  return new Refused(answer.status, { code: "unreadable", message: texts.broken, remedy: texts.brokenRemedy }, wait);
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(0, { code: "offline", message: texts.offline, remedy: texts.offlineRemedy });
  }
  clockFrom(answer.headers.get("Linli-Time") ?? answer.headers.get("Date"));
  if (!answer.ok) {
    const refused = await readError(answer);
    if (answer.status === 401 && !path.startsWith("/api/session")) onSignedOut();
    throw refused;
  }
  if (answer.status === 204 || answer.headers.get("Content-Length") === "0") return undefined as T;
  if (/^(application\/zip|application\/vnd\.openxml|text\/csv)/.test(answer.headers.get("Content-Type") ?? "")) return (await answer.blob()) as T;
  return (await answer.json()) as T;
}

const ATTENDED_MS = 5 * 60_000;
let attendedMs = ATTENDED_MS;
/** For how long a touched page counts as attended; null: as usual. */
export function attendedFor(ms: number | null): void {
  attendedMs = ms ?? ATTENDED_MS;
}
let touchedAt = Date.now();
/** When somebody last touched the page. */
export const lastTouched = (): number => touchedAt;
for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"])
  globalThis.addEventListener?.(kind, () => (touchedAt = Date.now()), { capture: true, passive: true });

/** A page that reads by itself, untouched for five minutes, says so: that keeps no session from running out. */
export const attention = (atMs: number, lastTouchedMs: number, attended = ATTENDED_MS): Record<string, string> =>
  atMs - lastTouchedMs > attended ? { "X-Unattended": "1" } : {};

/** Reads; `signal` ends a read nobody waits for any more. */
export function get<T>(path: string, query: Query = {}, signal?: AbortSignal, headers: Record<string, string> = {}): Promise<T> {
  return call<T>(withQuery(path, query), { headers: { Accept: "application/json", ...attention(Date.now(), touchedAt, attendedMs), ...headers }, ...(signal ? { signal } : {}) });
}

/** Keys of writes whose outcome is unknown. The same write asked again carries the same key. */
const undecided = new Map<string, string>();

export interface WriteOptions {
  /** Given when the caller keeps the key itself (the offline queue). */
  key?: string;
  headers?: Record<string, string>;
}

/** Changes something; a ZIP or a spreadsheet is answered as a Blob. On a silent network the next identical call repeats the key, so nothing happens twice. */
export async function send<T>(
  method: "POST" | "PATCH" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  options: WriteOptions = {},
): Promise<T> {
  const form = body instanceof FormData;
  const text = body === undefined || form ? undefined : JSON.stringify(body);
  const action = `${method} ${path} ${text ?? ""}`;
  const key = options.key ?? undecided.get(action) ?? crypto.randomUUID();
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Idempotency-Key": key,
    "X-CSRF-Token": csrfToken(),
    ...options.headers,
  };
  if (text !== undefined) headers["Content-Type"] = "application/json";
  try {
    const answer = await call<T>(path, { method, headers, body: form ? body : (text ?? null) });
    undecided.delete(action);
    return answer;
  } catch (error) {
    if (error instanceof Refused && error.undecided) undecided.set(action, key);
    else undecided.delete(action);
    throw error;
  }
}

export const post = <T>(path: string, body?: unknown, options?: WriteOptions): Promise<T> =>
  send<T>("POST", path, body, options);
export const patch = <T>(path: string, body?: unknown): Promise<T> => send<T>("PATCH", path, body);
export const remove = <T>(path: string): Promise<T> => send<T>("DELETE", path);
