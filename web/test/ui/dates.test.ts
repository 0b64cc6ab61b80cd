import { describe, expect, it } from "vitest";
import { daysAfter, monthGrid, monthsAfter, readDate, todayAt, within } from "@/ui/dates";

const TODAY = "2026-11-22";

describe("a date as people write it", () => {
  it.each(["2026-11-05", "2026/11/5", "2026.11.5", "2026年11月5日", "20261105", " 2026 11 05 ", "11-5", "11月5日"])("reads %s", (words) => {
    expect(readDate(words, TODAY)).toBe("2026-11-05");
  });
  it.each(["", "昨天", "2026-02-29", "2026-13-01", "2026-11-31", "1-2-3", "05/11/2026"])("does not guess at %s", (words) => {
    expect(readDate(words, TODAY)).toBeNull();
  });
  it("goes by days and months over the ends of years and short months", () => {
    expect(daysAfter("2026-12-31", 1)).toBe("2027-01-01");
    expect(monthsAfter("2027-01-31", 1)).toBe("2027-02-28");
    expect(monthsAfter("2026-01-15", -1)).toBe("2025-12-15");
  });
  it("shows whole weeks from Monday on", () => {
    const days = monthGrid(TODAY);
    expect(days).toHaveLength(42);
    expect(days[0]).toBe("2026-10-26");
    expect(days).toContain("2026-11-30");
  });
  it("keeps within bounds, and begins the day in China", () => {
    expect(within("2026-11-22", "2026-11-22", "")).toBe(true);
    expect(within("2026-11-21", "2026-11-22")).toBe(false);
    expect(todayAt(Date.UTC(2026, 10, 21, 16, 0))).toBe("2026-11-22");
  });
});
