/** Every page of the console: one line each, for the router and the navigation alike. */
import type { Component } from "vue";
import type { ModuleCode, Permission } from "@/api/types";
import type { TextKey } from "@/i18n";
import type { IconName } from "@/ui/icons";

export type NavGroup = "handling" | "duty" | "sensing" | "estate" | "upkeep" | "system";

export interface ConsolePage {
  path: string;
  name: string;
  title: TextKey;
  /** Any one of these opens it; none given: everybody signed in. */
  needs?: Permission[];
  /** Shown in the left navigation in this group; a page without it is reached from others. */
  nav?: { group: NavGroup; icon: IconName };
  /** Hidden in the navigation where this module is off in every estate one looks at. */
  module?: ModuleCode;
  /** Also in the bottom bar of a phone. */
  tab?: boolean;
  view: () => Promise<{ default: Component }>;
}

export const PAGES: ConsolePage[] = [
  {
    path: "/workplace",
    name: "workplace",
    title: "workplace.title",
    needs: ["see_incidents", "see_orders"],
    nav: { group: "handling", icon: "board" },
    tab: true,
    view: () => import("./workplace/WorkplacePage.vue"),
  },
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
    path: "/cockpit",
    name: "cockpit",
    title: "cockpit.title",
    needs: ["see_places"],
    nav: { group: "handling", icon: "gauge" },
    view: () => import("./cockpit/CockpitPage.vue"),
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
    path: "/tasks",
    name: "tasks",
    title: "tasks.title",
    needs: ["see_rosters"],
    nav: { group: "duty", icon: "task" },
    view: () => import("./tasks/TasksPage.vue"),
  },
  {
    path: "/tasks/:id",
    name: "task",
    title: "tasks.page",
    needs: ["see_rosters"],
    view: () => import("./tasks/TaskPage.vue"),
  },
  {
    path: "/grids",
    name: "grids",
    title: "grids.title",
    needs: ["see_rosters"],
    nav: { group: "duty", icon: "grid" },
    view: () => import("./grids/GridsPage.vue"),
  },
  {
    path: "/rosters",
    name: "rosters",
    title: "rosters.title",
    needs: ["see_rosters"],
    nav: { group: "duty", icon: "clock" },
    view: () => import("./rosters/RostersPage.vue"),
  },
  {
    path: "/devices",
    name: "devices",
    title: "devices.title",
    needs: ["see_devices"],
    nav: { group: "sensing", icon: "device" },
    view: () => import("./devices/DevicesPage.vue"),
  },
  {
    path: "/devices/:id",
    name: "device",
    title: "devices.page",
    needs: ["see_devices"],
    view: () => import("./devices/DevicePage.vue"),
  },
  {
    path: "/cameras",
    name: "cameras",
    title: "cameras.title",
    needs: ["see_cameras"],
    nav: { group: "sensing", icon: "camera" },
    view: () => import("./cameras/CamerasPage.vue"),
  },
  {
    path: "/cameras/:id",
    name: "camera",
    title: "cameras.page",
    needs: ["see_cameras"],
    view: () => import("./cameras/CameraPage.vue"),
  },
  {
    path: "/facades",
    name: "facades",
    title: "falling.calibration",
    needs: ["see_cameras"],
    nav: { group: "sensing", icon: "facade" },
    module: "falling_objects",
    view: () => import("./falling/CalibrationPage.vue"),
  },
  {
    path: "/falls",
    name: "falls",
    title: "falling.title",
    needs: ["see_incidents"],
    nav: { group: "handling", icon: "fall" },
    module: "falling_objects",
    view: () => import("./falling/FallsPage.vue"),
  },
  {
    path: "/falls/:id",
    name: "fall",
    title: "falling.page",
    needs: ["see_recordings"],
    view: () => import("./falling/FallPage.vue"),
  },
  {
    path: "/rules",
    name: "rules",
    title: "rules.title",
    needs: ["see_rules"],
    nav: { group: "sensing", icon: "rule" },
    view: () => import("./rules/RulesPage.vue"),
  },
  {
    path: "/quarantine",
    name: "quarantine",
    title: "quarantine.title",
    needs: ["see_quarantine"],
    nav: { group: "sensing", icon: "quarantine" },
    view: () => import("./quarantine/QuarantinePage.vue"),
  },
  {
    path: "/estates",
    name: "estates",
    title: "places.title",
    needs: ["see_places"],
    nav: { group: "estate", icon: "place" },
    view: () => import("./places/EstatesPage.vue"),
  },
  {
    path: "/estates/:id",
    name: "estate",
    title: "places.page",
    needs: ["see_places"],
    view: () => import("./places/EstatePage.vue"),
  },
  {
    path: "/modules",
    name: "modules",
    title: "modules.title",
    needs: ["see_places"],
    nav: { group: "upkeep", icon: "tool" },
    view: () => import("./modules/ModulesPage.vue"),
  },
  {
    path: "/estates/:id/modules",
    name: "estate-modules",
    title: "modules.title",
    needs: ["see_places"],
    view: () => import("./modules/EstateModulesPage.vue"),
  },
  {
    path: "/places/:id",
    name: "place",
    title: "places.place",
    needs: ["see_places"],
    view: () => import("./places/PlacePage.vue"),
  },
  {
    path: "/people",
    name: "people",
    title: "people.title",
    needs: ["see_people"],
    nav: { group: "estate", icon: "people" },
    view: () => import("./people/PeoplePage.vue"),
  },
  {
    path: "/people/:id",
    name: "person",
    title: "people.page",
    needs: ["see_people"],
    view: () => import("./people/PersonPage.vue"),
  },
  {
    path: "/people/:id/erasure",
    name: "person-erasure",
    title: "people.erasure.title",
    needs: ["manage_people"],
    view: () => import("./people/ErasurePage.vue"),
  },
  {
    path: "/homes/:id",
    name: "home-file",
    title: "base.home.title",
    needs: ["see_places"],
    view: () => import("./homes/HomePage.vue"),
  },
  {
    path: "/questions",
    name: "questions",
    title: "base.questions.page",
    needs: ["see_people"],
    nav: { group: "estate", icon: "search" },
    view: () => import("./questions/QuestionsPage.vue"),
  },
  {
    path: "/vehicles",
    name: "vehicles",
    title: "base.vehicle.page",
    needs: ["see_people"],
    nav: { group: "estate", icon: "car" },
    view: () => import("./homes/VehiclesPage.vue"),
  },
  {
    path: "/enterprises",
    name: "enterprises",
    title: "base.enterprise.page",
    needs: ["see_places"],
    nav: { group: "estate", icon: "shop" },
    view: () => import("./enterprises/EnterprisesPage.vue"),
  },
  {
    path: "/facilities",
    name: "facilities",
    title: "base.facility.page",
    needs: ["see_places"],
    nav: { group: "estate", icon: "tool" },
    view: () => import("./facilities/FacilitiesPage.vue"),
  },
  {
    path: "/facilities/:id",
    name: "facility",
    title: "base.facility.detail",
    needs: ["see_places"],
    view: () => import("./facilities/FacilityPage.vue"),
  },
  {
    path: "/completeness",
    name: "completeness",
    title: "base.complete.page",
    needs: ["see_places"],
    nav: { group: "upkeep", icon: "share" },
    view: () => import("./completeness/CompletenessPage.vue"),
  },
  {
    path: "/imports",
    name: "imports",
    title: "imports.title",
    needs: ["manage_people", "manage_places", "manage_devices"],
    nav: { group: "upkeep", icon: "take_in" },
    view: () => import("./imports/ImportsPage.vue"),
  },
  {
    path: "/imports/:id",
    name: "import",
    title: "imports.page",
    needs: ["manage_people", "manage_places", "manage_devices"],
    view: () => import("./imports/ImportPage.vue"),
  },
  {
    path: "/approvals",
    name: "approvals",
    title: "approvals.title",
    needs: ["see_people", "manage_people", "manage_places"],
    nav: { group: "upkeep", icon: "check" },
    view: () => import("./approvals/ApprovalsPage.vue"),
  },
  {
    path: "/twins",
    name: "twins",
    title: "base.twins.page",
    needs: ["manage_people"],
    nav: { group: "upkeep", icon: "merge" },
    view: () => import("./people/TwinsPage.vue"),
  },
  {
    path: "/corrections",
    name: "corrections",
    title: "base.corrections.page",
    needs: ["manage_people"],
    nav: { group: "upkeep", icon: "note" },
    view: () => import("./people/CorrectionsPage.vue"),
  },
  {
    path: "/key-people",
    name: "key-people",
    title: "keyPeople.title",
    needs: ["see_key_people"],
    nav: { group: "estate", icon: "care" },
    view: () => import("./key_people/KeyPeoplePage.vue"),
  },
  {
    path: "/key-people/:id",
    name: "key-person",
    title: "keyPeople.page",
    needs: ["see_key_people"],
    view: () => import("./key_people/KeyPersonPage.vue"),
  },
  {
    path: "/visits",
    name: "visits",
    title: "keyPeople.visits",
    needs: ["visit_key_people"],
    nav: { group: "duty", icon: "visit" },
    tab: true,
    view: () => import("./key_people/VisitsPage.vue"),
  },
  {
    path: "/visits/:id",
    name: "visit",
    title: "keyPeople.visitPage",
    needs: ["visit_key_people"],
    view: () => import("./key_people/VisitPage.vue"),
  },
  {
    path: "/organisations",
    name: "organisations",
    title: "organisations.title",
    needs: ["manage_organisations", "manage_accounts", "see_incidents"],
    nav: { group: "upkeep", icon: "organisation" },
    view: () => import("./organisations/OrganisationsPage.vue"),
  },
  {
    path: "/accounts",
    name: "accounts",
    title: "accounts.title",
    needs: ["manage_accounts"],
    nav: { group: "system", icon: "account" },
    view: () => import("./accounts/AccountsPage.vue"),
  },
  {
    path: "/audit",
    name: "audit",
    title: "audit.title",
    needs: ["see_audit"],
    nav: { group: "system", icon: "audit" },
    view: () => import("./audit/AuditPage.vue"),
  },
  {
    path: "/looks",
    name: "looks",
    title: "looks.title",
    needs: ["see_looks"],
    nav: { group: "system", icon: "eye" },
    view: () => import("./looks/LooksPage.vue"),
  },
  {
    path: "/integrations",
    name: "integrations",
    title: "integrations.title",
    needs: ["manage_accounts"],
    nav: { group: "system", icon: "key" },
    view: () => import("./integrations/IntegrationsPage.vue"),
  },
  {
    path: "/health",
    name: "health",
    title: "health.title",
    needs: ["see_quarantine", "see_audit", "manage_devices"],
    nav: { group: "system", icon: "health" },
    view: () => import("./health/HealthPage.vue"),
  },
  {
    path: "/demo",
    name: "demo",
    title: "demo.title",
    needs: ["run_demo"],
    nav: { group: "system", icon: "demo" },
    view: () => import("./demo/DemoPage.vue"),
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

const GROUPS: readonly NavGroup[] = ["handling", "duty", "sensing", "estate", "upkeep", "system"];

export const mayOpen = ({ needs }: ConsolePage, may: (permission: Permission) => boolean): boolean => !needs || needs.some(may);

/** The left navigation as somebody with these rights sees it, from top to bottom. */
export const inNavigation = (may: (permission: Permission) => boolean): { group: NavGroup; pages: ConsolePage[] }[] =>
  GROUPS.map((group) => ({ group, pages: PAGES.filter((page) => page.nav?.group === group && mayOpen(page, may)) })).filter(({ pages }) => pages.length > 0);

export const TAB_ICONS: Record<string, IconName> = { workplace: "board", desk: "desk", "my-orders": "order", visits: "visit", messages: "bell", me: "user" };
