// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { STOPS, stopsFor } from "@/console/tour/tour";
import { PAGES } from "@/console/pages";

beforeEach(() => {
  localStorage.clear();
  vi.resetModules();
});

test("the duty officer makes ten stops", () => {
  expect(STOPS).toHaveLength(10);
  expect(stopsFor(() => true)).toHaveLength(10);
});

test("nobody is led to a page they may not open", async () => {
  for (const stop of STOPS.filter(({ name }) => name !== "story")) {
    const path = await stop.path();
    const page = PAGES.find((one) => one.path === path);
    expect(page, stop.name).toBeDefined();
    const may = stopsFor((right) => right !== stop.needs).map(({ name }) => name);
    expect(may).not.toContain(stop.name);
    // Who may make the stop may open the page.
    expect(page?.needs ?? [stop.needs], stop.name).toContain(stop.needs);
  }
});

test("it goes on where it was left, and anew when it was seen to its end", async () => {
  const { tour } = await import("@/console/tour/tour");
  tour.goTo("rules");
  tour.pause();
  vi.resetModules();
  const { tour: later } = await import("@/console/tour/tour");
  expect([later.open.value, later.stop.value]).toEqual([false, "rules"]);
  later.goTo("rules");
  later.end();
  vi.resetModules();
  const { tour: ended } = await import("@/console/tour/tour");
  expect([ended.open.value, ended.stop.value]).toEqual([false, ""]);
});

test("a memory that cannot be read is a tour that never began", async () => {
  localStorage.setItem("linli-tour", "{broken");
  const { tour } = await import("@/console/tour/tour");
  expect([tour.open.value, tour.stop.value]).toEqual([false, ""]);
});
