import { expect, it } from "vitest";
import { landing } from "@/console/landing";

it("everybody begins on the page of their role when they may open it", () => {
  expect(landing({ home: "workplace", permissions: ["see_incidents", "see_devices"] })).toBe("/workplace");
  expect(landing({ home: "my_orders", permissions: ["do_orders", "see_places"] })).toBe("/my-orders");
  expect(landing({ home: "admin", permissions: ["manage_accounts", "see_audit"] })).toBe("/accounts");
});

it("otherwise on the first they may open in the navigation", () => {
  expect(landing({ home: "admin", permissions: ["see_audit"] })).toBe("/audit");
  expect(landing({ home: "admin", permissions: ["see_audit", "see_devices"] })).toBe("/devices");
});

it("and without any right on their own page", () => {
  expect(landing({ home: "admin", permissions: [] })).toBe("/me");
});
