/** Every page of the console: one line each, for the router and the navigation alike. */
import type { Component } from "vue";
import type { Permission } from "@/api/types";
import type { TextKey } from "@/i18n";
import type { IconName } from "@/ui/icons";

export type NavGroup = "handling" | "estate" | "sensing" | "system";

export interface ConsolePage {
  path: string;
  name: string;
  title: TextKey;
  /** Any one of these opens it; none given: everybody signed in. */
  needs?: Permission[];
  /** Shown in the left navigation in this group; a page without it is reached from others. */
  nav?: { group: NavGroup; icon: IconName };
  /** Also in the bottom bar of a phone. */
  tab?: boolean;
  view: () => Promise<{ default: Component }>;
}

export const PAGES: ConsolePage[] = [
  {
    path: "/desk",
    name: "desk",
    title: "shell.pages.desk",
    needs: ["see_incidents"],
    nav: { group: "handling", icon: "desk" },
    tab: true,
    view: () => import("./desk/DeskPage.vue"),
  },
  {
    path: "/incidents/:id",
    name: "incident",
    title: "shell.pages.incident",
    needs: ["see_incidents"],
    view: () => import("./incidents/IncidentPage.vue"),
  },
  {
    path: "/my-orders",
    name: "my-orders",
    title: "shell.pages.myOrders",
    needs: ["do_orders"],
    nav: { group: "handling", icon: "order" },
    tab: true,
    view: () => import("./orders/MyOrdersPage.vue"),
  },
  {
    path: "/my-orders/:id",
    name: "order",
    title: "shell.pages.order",
    needs: ["do_orders", "see_incidents"],
    view: () => import("./orders/OrderPage.vue"),
  },
  {
    path: "/messages",
    name: "messages",
    title: "shell.pages.messages",
    tab: true,
    view: () => import("./messages/MessagesPage.vue"),
  },
  {
    path: "/me",
    name: "me",
    title: "shell.pages.me",
    tab: true,
    view: () => import("./shell/MePage.vue"),
  },
];

export const TAB_ICONS: Record<string, IconName> = { desk: "desk", "my-orders": "order", messages: "bell", me: "user" };
