import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import { t } from "@/i18n";
import { can, keepMe, rememberMe, whoAmI } from "@/session/session";
import { homePath } from "./home";
import { PAGES } from "./pages";

const routes: RouteRecordRaw[] = [
  { path: "/", redirect: () => homePath.value },
  { path: "/sign-in", name: "sign-in", component: () => import("./sign_in/SignInPage.vue"), meta: { open: true } },
  // Whoever was sent a link has no account: the token stands behind the #.
  { path: "/guest", name: "guest", component: () => import("./guests/GuestPage.vue"), meta: { open: true, title: "guests.page" } },
  ...PAGES.map(({ path, name, view, title, needs }) => ({ path, name, component: view, meta: { title, needs } })),
  { path: "/:rest(.*)*", name: "not-found", component: () => import("./shell/NotFoundPage.vue"), meta: {} },
];

const main = () => document.querySelector<HTMLElement>("#main");
const positions = new Map<string, number>();

export const router = createRouter({
  history: createWebHistory("/"),
  routes,
  // The page scrolls inside the shell: a new page starts at its top, going back finds the old place.
  async scrollBehavior(to, from, saved): Promise<false> {
    if (to.path === from.path) return false;
    const wanted = saved ? (positions.get(to.fullPath) ?? 0) : 0;
    for (let tries = 0; tries < 10; tries += 1) {
      await new Promise(requestAnimationFrame);
      main()?.scrollTo({ top: wanted });
      if ((main()?.scrollTop ?? 0) >= wanted) break;
    }
    return false;
  },
});
router.beforeEach((_to, from) => {
  positions.set(from.fullPath, main()?.scrollTop ?? 0);
});

router.beforeEach(async (to) => {
  if (to.name === "guest") return true;
  try {
    const who = await whoAmI();
    if (who) keepMe(who);
    if (to.name === "sign-in") return who ? homePath.value : true;
    if (!who) return { name: "sign-in", query: to.path === "/" ? {} : { next: to.fullPath } };
  } catch {
    // No answer from the server: a phone in a cellar still opens what it kept.
    if (to.name === "sign-in") return true;
    if (!rememberMe()) return { name: "sign-in", query: { next: to.fullPath } };
  }
  if (to.path === "/") return homePath.value;
  const { needs } = to.meta;
  if (needs && !needs.some(can)) return { name: "not-found", params: { rest: to.path.slice(1).split("/") } };
  return true;
});

router.afterEach((to) => {
  const title = to.meta.title ? t(to.meta.title) : t("shell.pages.signIn");
  document.title = `${title} · ${t("shell.product")}`;
});

// A new version was installed while this tab was open: its old pieces are gone, so load the page anew.
router.onError((error: unknown, to) => {
  const words = error instanceof Error ? error.message : "";
  if (/dynamically imported module|module script|preload/i.test(words) && navigator.onLine) location.assign(to.fullPath);
});
