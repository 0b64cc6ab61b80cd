import { describe, expect, it } from "vitest";
import type { Rule, RuleSetting } from "@/api/types";
import { boundsIn, grouped, judged, unitFor, unitsOf } from "@/console/rules/figures";

const window = (value: number): RuleSetting => ({ name: "window_s", title: "时间段", value, unit: "秒", low: 60, high: 30 * 86_400 });
const limit: RuleSetting = { name: "value", title: "界限", value: 57, unit: "°C", low: -40, high: 200 };
const unit = (setting: RuleSetting, code: string) => {
  const found = unitsOf(setting).find((one) => one.code === code);
  if (!found) throw new Error(`no unit ${code}`);
  return found;
};

describe("a time in a rule", () => {
  it("is shown in the largest unit that keeps it whole", () => {
    const shown = (value: number) => unitFor(window(value), value).code;
    expect([0, 45, 60, 90, 3600, 5400, 43_200, 86_400, 129_600, 172_800].map(shown)).toEqual(["s", "s", "min", "s", "hour", "min", "hour", "hour", "hour", "day"]);
  });

  it("is written in any unit and sent in seconds", () => {
    expect(judged(window(43_200), "1.5", unit(window(43_200), "hour"))).toEqual({ ok: true, value: 5400 });
    expect(judged(window(43_200), "2", unit(window(43_200), "day"))).toEqual({ ok: true, value: 172_800 });
  });

  it("stays within its bounds, and the bounds promised in another unit are allowed", () => {
    for (const one of unitsOf(window(60))) {
      const { low, high } = boundsIn(window(60), one);
      expect(judged(window(60), String(low), one).ok).toBe(true);
      expect(judged(window(60), String(high), one).ok).toBe(true);
    }
    expect(judged(window(60), "59", unit(window(60), "s"))).toEqual({ ok: false, why: "outOfBounds" });
  });
});

describe("a measured figure", () => {
  it("has one unit and keeps its decimals", () => {
    expect(unitsOf(limit)).toHaveLength(1);
    expect(judged(limit, " 57.5 ", unitFor(limit, 57))).toEqual({ ok: true, value: 57.5 });
    expect(judged(limit, "57，5", unitFor(limit, 57))).toEqual({ ok: true, value: 57.5 });
  });

  it("tells water in litres when it is little, and in cubic metres when it is much", () => {
    const water = (value: number): RuleSetting => ({ name: "amount", title: "用量", value, unit: "m³", low: 0, high: 1e6 });
    expect([0.01, 2].map((value) => unitFor(water(value), value).code)).toEqual(["litre", "plain"]);
    expect(judged(water(0.01), "15", unit(water(0.01), "litre"))).toEqual({ ok: true, value: 0.015 });
    expect(boundsIn(water(0.01), unit(water(0.01), "litre"))).toEqual({ low: 0, high: 1e9 });
  });

  it("refuses what is no number or out of bounds", () => {
    const plain = unitFor(limit, 57);
    for (const text of ["", "热", "1e999", "NaN"]) expect(judged(limit, text, plain)).toEqual({ ok: false, why: "notANumber" });
    expect(judged(limit, "201", plain)).toEqual({ ok: false, why: "outOfBounds" });
  });
});

it("rules stand by kind of device, those for all kinds last", () => {
  const rule = (title: string, kind: string | null, kind_title: string) => ({ title, kind, kind_title }) as Rule;
  const groups = grouped([rule("电量低", null, "各类设备"), rule("离线", null, "各类设备"), rule("烟雾", "smoke_alarm", "烟雾报警器")]);
  expect(groups.map(({ title, rules }) => [title, rules.length])).toEqual([["烟雾报警器", 1], ["各类设备", 2]]);
});
