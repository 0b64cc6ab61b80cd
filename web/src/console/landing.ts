/** Where somebody begins after signing in. Pure. */
import type { Me, Permission } from "@/api/types";
import { inNavigation, PAGES } from "./pages";

const HOMES: Record<Me["home"], string> = { workplace: "/workplace", my_orders: "/my-orders", admin: "/accounts" };

/** The page of their role when they may open it, else the first they may open in the navigation. */
export function landing(who: { readonly home: Me["home"]; readonly permissions: readonly Permission[] }): string {
  const may = (permission: Permission) => who.permissions.includes(permission);
  const home = PAGES.find(({ path }) => path === HOMES[who.home]);
  if (home?.needs?.some(may)) return home.path;
  return inNavigation(may)[0]?.pages[0]?.path ?? "/me";
}
