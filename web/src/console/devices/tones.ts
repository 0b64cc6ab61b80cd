/** What a device's or command's state means to the eye. Pure. */
import type { Device, DeviceCommand, DeviceDetail, DeviceKind } from "@/api/types";

export type StateTone = "wait" | "work" | "good" | "bad" | "off";

export function deviceTone(device: Pick<Device, "state" | "faults">): StateTone {
  if (device.state === "offline") return "bad";
  if (device.state === "never") return "off";
  return device.faults.length > 0 ? "wait" : "good";
}

const COMMANDS: Record<DeviceCommand["state"], StateTone> = {
  waiting: "wait",
  sent: "work",
  done: "good",
  refused: "bad",
  failed: "bad",
  expired: "off",
};
export const commandTone = (state: DeviceCommand["state"]): StateTone => COMMANDS[state];

export const isLowBattery = (percent: number): boolean => percent < 20;

/** The few values that say most in a list: what the kind measures first, without battery and radio. */
const ASIDE = new Set(["battery", "battery_low", "signal", "voltage", "temperature", "online", "picture_ok"]);
export function mainValues(device: Device, kind: DeviceKind | undefined, most = 2): Device["values"] {
  const order = new Map((kind?.properties ?? []).map(({ code }, index) => [code, index]));
  const rank = (code: string) => (order.get(code) ?? 99) + (ASIDE.has(code) ? 100 : 0);
  return device.values
    .filter(({ property }) => property !== "battery" && property !== "signal")
    .sort((a, b) => rank(a.property) - rank(b.property))
    .slice(0, most);
}

export interface Quality {
  kind: "good" | "late" | "old";
  /** How late, in seconds, for `late`. */
  seconds: number;
}

const LATE_S = 60;

/** How far a value can be relied on: it is old when the device should have spoken since, late when it came long after it was measured. */
export function qualityOf(value: DeviceDetail["values"][number], offlineAfterS: number, now: number): Quality {
  const observed = Date.parse(value.observed_at);
  if (now - observed > offlineAfterS * 1000) return { kind: "old", seconds: 0 };
  const lag = (Date.parse(value.received_at) - observed) / 1000;
  return lag > LATE_S ? { kind: "late", seconds: lag } : { kind: "good", seconds: 0 };
}
