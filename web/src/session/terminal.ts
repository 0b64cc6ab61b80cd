/** The shared terminal that this browser may be: who takes turns here, and how one switches. */
import { get, post } from "@/api/client";
import type { Answer, Me } from "@/api/types";
import { wipeDrafts } from "@/offline/store";
import { me, signOut, welcome } from "./session";

export type Seat = NonNullable<Answer<"/api/session/terminal", "get">>;
export type Tile = Seat["people"][number];

/** As long as the server lets a session at a shared terminal idle. */
export const IDLE_MS = 10 * 60_000;

const KNOWN = "linli-terminal";

/** Null when this browser is no shared terminal. */
export async function askSeat(): Promise<Seat | null> {
  const seat = await get<Seat | null>("/api/session/terminal");
  if (seat) localStorage.setItem(KNOWN, "1");
  else localStorage.removeItem(KNOWN);
  return seat;
}
/** Whether this browser was one when it was last asked: its tiles are worth waiting for. */
export const wasTerminal = (): boolean => localStorage.getItem(KNOWN) === "1";

export async function switchTo(accountId: string, pin: string): Promise<Me> {
  return welcome(await post<Me>("/api/session/terminal", { account_id: accountId, pin }));
}

let leaving = false;
/** The page is about to be loaded anew. */
export const isLeaving = (): boolean => leaving;

/** To the tiles by a page loaded anew: nothing that somebody had typed or opened is left in memory. */
export async function clearDesk(): Promise<void> {
  leaving = true;
  await wipeDrafts().catch(() => undefined);
  location.replace("/sign-in");
}

/** Ends the session; what the page still asks meanwhile is not taken for news of its end. */
export async function leaveDesk(everywhere: boolean): Promise<void> {
  leaving = true;
  try {
    await signOut(everywhere);
  } catch (error) {
    leaving = false;
    throw error;
  }
}

/** Ends the session and shows the tiles. */
export async function lock(): Promise<void> {
  await leaveDesk(false);
  await clearDesk();
}

// The browser's way back would show the former's page as it was.
globalThis.window?.addEventListener("pageshow", (event) => {
  if (event.persisted && me.value?.terminal) location.reload();
});
