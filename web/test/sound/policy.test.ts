import { describe, expect, it } from "vitest";
import { loudest, needsReminder, RING_EVERY_MS, shouldRing, toneForArrival } from "@/sound/policy";

const open = { mutedUntil: 0, lastRingAt: 0 };
const muted = { mutedUntil: 10_000, lastRingAt: 0 };

describe("what the desk hears", () => {
  it("gives each level its tone, and a notice none", () => {
    expect(toneForArrival("critical", open, 1)).toBe("critical");
    expect(toneForArrival("warning", open, 1)).toBe("warning");
    expect(toneForArrival("notice", open, 1)).toBeNull();
  });

  it("makes one sound for a burst: the worst of it", () => {
    expect(loudest(["notice", "danger", "warning"])).toBe("danger");
    expect(loudest([])).toBeNull();
  });

  it("rings on while a critical one is not taken, not faster than agreed", () => {
    expect(shouldRing(1, { mutedUntil: 0, lastRingAt: 100_000 }, 100_000 + RING_EVERY_MS - 1)).toBe(false);
    expect(shouldRing(1, { mutedUntil: 0, lastRingAt: 100_000 }, 100_000 + RING_EVERY_MS)).toBe(true);
    expect(shouldRing(0, open, 1_000_000)).toBe(false);
  });

  it("is silent while muted, reminds by eye, and comes back by itself", () => {
    expect(toneForArrival("critical", muted, 9_999)).toBeNull();
    expect(shouldRing(2, muted, 9_999)).toBe(false);
    expect(needsReminder(2, muted, 9_999)).toBe(true);
    expect(needsReminder(0, muted, 9_999)).toBe(false);
    expect(shouldRing(2, muted, 10_000)).toBe(true);
    expect(needsReminder(2, muted, 10_000)).toBe(false);
  });
});
