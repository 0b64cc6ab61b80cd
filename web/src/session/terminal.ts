/** The shared terminal that this browser may be: who takes turns here, and how one switches. */
import { get, post, Refused } from "@/api/client";
import type { Answer, Me } from "@/api/types";
import { wipeDrafts } from "@/offline/store";
import { me, signOut, welcome } from "./session";

export type Seat = Answer<"/api/session/terminal", "get">;
export type Tile = Seat["people"][number];

/** As long as the server lets a session at a shared terminal idle. */
export const IDLE_MS = 10 * 60_000;

/** Null when this browser is no shared terminal. */
export async function askSeat(): Promise<Seat | null> {
  try {
    return await get<Seat>("/api/session/terminal");
  } catch (error) {
    if (error instanceof Refused && error.code === "no_terminal") return null;
    throw error;
  }
}

export async function switchTo(accountId: string, pin: string): Promise<Me> {
  return welcome(await post<Me>("/api/session/terminal", { account_id: accountId, pin }));
}

/** To the tiles by a page loaded anew: nothing that somebody had typed or opened is left in memory. */
export async function clearDesk(): Promise<void> {
  await wipeDrafts().catch(() => undefined);
  location.replace("/sign-in");
}

/** Ends the session and shows the tiles. */
export async function lock(): Promise<void> {
  await signOut(false);
  await clearDesk();
}

// The browser's way back would show the former's page as it was.
globalThis.window?.addEventListener("pageshow", (event) => {
  if (event.persisted && me.value?.terminal) location.reload();
});
