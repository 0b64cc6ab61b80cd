/** Who is signed in on this browser, and what they may do. */
import { readonly, shallowRef } from "vue";
import { attendedFor, get, post, Refused, remove, setCsrf } from "@/api/client";
import type { Me, Permission } from "@/api/types";
import { joinLive, leaveLive } from "@/live/hub";

const state = shallowRef<Me | null>(null);
const said = shallowRef<string | null>(null);
/** At a shared desk an open page that reads by itself soon counts as left alone. */
const AT_TERMINAL_MS = 15_000;
let asked: Promise<Me | null> | null = null;
const farewells = new Set<() => void | Promise<void>>();

export const me = readonly(state);
/** Why the sign-in page is shown again, if there is a reason worth saying. */
export const farewell = readonly(said);

export const can = (permission: Permission): boolean => state.value?.permissions.includes(permission) ?? false;

/** Somebody has come in, by whatever door. */
export function welcome(who: Me): Me {
  state.value = who;
  said.value = null;
  setCsrf(who.csrf);
  attendedFor(who.terminal ? AT_TERMINAL_MS : null);
  joinLive(who.account.id);
  return who;
}

/** Asks the server once; null when nobody is signed in. A network failure throws, so the page can say so. */
export function whoAmI(): Promise<Me | null> {
  if (state.value) return Promise.resolve(state.value);
  asked ??= get<Me>("/api/session")
    .then(welcome)
    .catch((error: unknown) => {
      if (error instanceof Refused && (error.status === 401 || error.status === 403)) return null;
      throw error;
    })
    .finally(() => {
      asked = null;
    });
  return asked;
}

/** `code`: the second factor's, when the server has asked for one. */
export async function signIn(login: string, password: string, code?: string): Promise<Me> {
  return welcome(await post<Me>("/api/session", code ? { login, password, code } : { login, password }));
}

/** Goes to the provider of identities; comes back to `back`, or to the sign-in page with how it ended. */
export async function signInElsewhere(back: string): Promise<void> {
  location.assign((await post<{ url: string }>("/api/session/openid", { back })).url);
}

/** The second factor's code of somebody the provider has proven. */
export async function proveElsewhere(code: string): Promise<Me> {
  return welcome(await post<Me>("/api/session/openid/code", { code }));
}

/** Somebody's own account is not what it was: asks the server anew. */
export async function askAgain(): Promise<void> {
  const who = await get<Me>("/api/session");
  state.value = who;
  setCsrf(who.csrf);
}

export function passwordChanged(): void {
  const who = state.value;
  if (who) state.value = { ...who, account: { ...who.account, must_change_password: false } };
}

/** Registers what must be wiped when somebody leaves this browser, by their own will or not. */
export function atSignOut(wipe: () => void | Promise<void>): void {
  farewells.add(wipe);
}

async function leave(words: string | null): Promise<void> {
  leaveLive();
  state.value = null;
  for (const wipe of farewells) await wipe();
  said.value = words;
}

export async function signOut(everywhere: boolean): Promise<void> {
  // Our own leaving must not come back to us as news from the stream.
  leaveLive();
  try {
    await remove<void>(everywhere ? "/api/sessions" : "/api/session");
  } catch (error) {
    // Already signed out there: the wish is fulfilled.
    if (!(error instanceof Refused && error.status === 401)) {
      if (state.value) joinLive(state.value.account.id);
      throw error;
    }
  }
  await leave(null);
}

/** The server has ended this browser's session with what was just asked of it. */
export async function signedOutHere(): Promise<void> {
  await leave(null);
}

/** The server ended the session. What staff wrote offline is kept: they sign in again and it is sent. */
export function lostSession(words: string): void {
  if (!state.value) return;
  void leave(words);
}

/** For an app opened without a network: the last known person, so that kept orders can be shown. */
export function rememberMe(): Me | null {
  const kept = localStorage.getItem("linli-me");
  if (!kept) return null;
  state.value = JSON.parse(kept) as Me;
  joinLive(state.value.account.id);
  return state.value;
}
/** Where the person who last used this browser begins. */
export function lastHome(): string {
  const kept = localStorage.getItem("linli-me");
  return kept && (JSON.parse(kept) as Me).home === "my_orders" ? "/my-orders" : "/workplace";
}
export function keepMe(who: Me): void {
  localStorage.setItem("linli-me", JSON.stringify({ ...who, csrf: "" }));
}
atSignOut(() => localStorage.removeItem("linli-me"));
