import { createApp } from "vue";
import "@/tokens.css";
import "@/base.css";
import { setClientTexts, whenSignedOut } from "@/api/client";
import { i18n, t } from "@/i18n";
import { listen } from "@/live/hub";
import { lastHome, lostSession, me } from "@/session/session";
import { clearDesk, isLeaving } from "@/session/terminal";
import "@/session/theme";
import App from "./App.vue";
import { PAGES } from "./pages";
import { router } from "./router";

setClientTexts({
  offline: t("ui.offline"),
  offlineRemedy: t("ui.offlineRemedy"),
  broken: t("ui.broken"),
  brokenRemedy: t("ui.brokenRemedy"),
});

function toSignIn() {
  if (isLeaving()) return;
  if (me.value?.terminal) {
    void clearDesk();
    return;
  }
  lostSession(t("shell.signedOut"));
  const { currentRoute } = router;
  if (currentRoute.value.name !== "sign-in")
    void router.push({ name: "sign-in", query: { next: currentRoute.value.fullPath } });
}
whenSignedOut(toSignIn);
listen((note) => {
  if (note.kind === "signed_out") toSignIn();
});

// The page is fetched while the server is asked who we are, not after.
const wanted = location.pathname === "/" ? lastHome() : location.pathname;
void PAGES.find(({ path }) => path === wanted || (path.endsWith("/:id") && wanted.startsWith(path.slice(0, -3)) && wanted !== path.slice(0, -4)))
  ?.view()
  // The router asks again and says what is wrong.
  .catch(() => {});

createApp(App).use(i18n).use(router).mount("#app");

if (import.meta.env.PROD && "serviceWorker" in navigator)
  addEventListener("load", () => void navigator.serviceWorker.register("/sw.js").catch(() => {}));
