import { describe, expect, it } from "vitest";
import { clockFrom, now, nowHere, serverNow } from "@/time/clock";
import { ago, clockTime, countdown, duration, exact, shortTime, stopwatch, storyTime } from "@/time/time";

const at = (text: string) => Date.parse(text);

describe("times for people on duty", () => {
  it("are in Shanghai, whatever the browser's zone", () => {
    expect(exact("2026-11-22T18:02:11Z")).toBe("2026-11-23 02:02:11");
    expect(clockTime("2026-11-22T16:00:00Z")).toBe("00:00:00");
  });

  it.each([
    ["2026-11-22T06:00:00Z", "14:00"],
    ["2026-11-21T15:59:00Z", "昨天 23:59"],
    ["2026-11-20T06:00:00Z", "11-20 14:00"],
    ["2025-11-20T06:00:00Z", "2025-11-20 14:00"],
  ])("%s reads %s", (then, words) => {
    expect(shortTime(then, at("2026-11-22T07:00:00Z"))).toBe(words);
  });

  it("in a story keep their seconds, and their day when it is another", () => {
    const now = at("2026-11-22T06:00:00Z");
    expect(storyTime("2026-11-22T05:59:58Z", now)).toBe("13:59:58");
    expect(storyTime("2026-11-21T15:59:58Z", now)).toBe("11-21 23:59:58");
  });

  it.each([
    [-5, "刚刚"],
    [2, "刚刚"],
    [12, "12 秒前"],
    [185, "3 分钟前"],
    [7300, "2 小时前"],
    [90_000, "昨天 13:00"],
  ])("%i seconds ago reads %s", (seconds, words) => {
    const now = at("2026-11-22T06:00:00Z");
    expect(ago(now - seconds * 1000, now)).toBe(words);
  });

  it.each([
    [8, "8 秒", "00:08"],
    [185, "3 分 05 秒", "03:05"],
    [7500, "2 小时 5 分", "2:05:00"],
    [93_600, "1 天 2 小时", "1 天 02 时"],
  ])("%i s lasts %s, on a stopwatch %s", (seconds, words, clock) => {
    expect(duration(seconds)).toBe(words);
    expect(stopwatch(seconds)).toBe(clock);
  });

  it("counts down, warns, then counts up past the deadline", () => {
    const now = at("2026-11-22T06:00:00Z");
    expect(countdown("2026-11-22T06:05:00Z", now)).toEqual({ text: "05:00", overdue: false, soon: false });
    expect(countdown("2026-11-22T06:01:30Z", now)).toEqual({ text: "01:30", overdue: false, soon: true });
    expect(countdown("2026-11-22T05:58:46Z", now)).toEqual({ text: "01:14", overdue: true, soon: false });
  });
});

describe("the clock", () => {
  it("follows the server when this machine is wrong, and ignores the header's coarseness", () => {
    const here = Date.now();
    clockFrom(new Date(here + 3_600_000).toUTCString(), here);
    expect(serverNow() - Date.now()).toBeGreaterThan(3_590_000);
    clockFrom(new Date(here).toUTCString(), here);
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(50);
    clockFrom("not a date", here);
    expect(Math.abs(serverNow() - Date.now())).toBeLessThan(50);
  });

  it("goes ahead with a demonstration at once, while silence is measured by this machine's own clock", () => {
    const here = Date.now();
    clockFrom(new Date(here + 12 * 3_600_000).toISOString(), here);
    expect(now.value - here).toBeGreaterThan(11.9 * 3_600_000);
    expect(Math.abs(nowHere.value - here)).toBeLessThan(60_000);
    clockFrom(new Date(here).toISOString(), here);
    expect(Math.abs(now.value - here)).toBeLessThan(60_000);
  });
});
