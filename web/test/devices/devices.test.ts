import { describe, expect, it } from "vitest";
import type { CommandParam, Device, DeviceDetail, DeviceKind, DeviceProperty, Series } from "@/api/types";
import { inWords, summaryOf, withHoles } from "@/console/devices/chart";
import { paramsFrom } from "@/console/devices/params";
import { deviceTone, mainValues, qualityOf } from "@/console/devices/tones";

type Value = DeviceDetail["values"][number];
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 22, 6, 0, seconds)).toISOString();
const value = (property: string, observed = 0, received = observed): Value => ({ property, title: property, value: 1, text: "1", unit: null, observed_at: at(observed), received_at: at(received), since: at(observed) });

describe("a device in the list", () => {
  it("looks healthy only when it speaks and has no fault", () => {
    expect(deviceTone({ state: "online", faults: [] })).toBe("good");
    expect(deviceTone({ state: "online", faults: ["电量低"] })).toBe("wait");
    expect(deviceTone({ state: "offline", faults: [] })).toBe("bad");
    expect(deviceTone({ state: "never", faults: [] })).toBe("off");
  });

  it("shows what its kind measures first, not its battery or radio", () => {
    const kind = { properties: [{ code: "smoke" }, { code: "temperature" }, { code: "fault" }] } as DeviceKind;
    const device = { values: ["battery", "fault", "signal", "smoke", "temperature"].map((code) => value(code)) } as Device;
    expect(mainValues(device, kind).map(({ property }) => property)).toEqual(["smoke", "fault"]);
  });
});

describe("the quality of a value", () => {
  const now = Date.parse(at(600));
  it("is good when it is fresh and came at once", () => expect(qualityOf(value("flow", 590), 900, now).kind).toBe("good"));
  it("is late when it was measured long before it came", () => expect(qualityOf(value("flow", 100, 400), 900, now)).toEqual({ kind: "late", seconds: 300 }));
  it("is old when the device should have spoken since", () => expect(qualityOf(value("flow", 0, 400), 300, now).kind).toBe("old"));
});

describe("a chart", () => {
  const point = (seconds: number, low: number, high: number) => ({ at: at(seconds), min: low, avg: (low + high) / 2, max: high, last: high, n: 2 });
  const series = (points: Series["points"]): Series => ({ property: "flow", title: "瞬时流量", unit: "L/h", points });

  it("tells lowest, highest, newest and how many readings", () => {
    expect(summaryOf(series([point(0, 2, 5), point(60, 1, 4)]))).toEqual({ low: 1, high: 5, last: 4, n: 4 });
    expect(summaryOf(series([]))).toBeNull();
  });

  it("does not draw a line across a silence", () => {
    const drawn = withHoles([point(0, 1, 1), point(60, 1, 1), point(600, 1, 1)], 120);
    expect(drawn.map((one) => "hole" in one)).toEqual([false, false, true, false]);
  });

  it("reads a switch in words and a number with its unit", () => {
    const gate = { kind: "switch", labels: { "0": "关闭", "1": "打开" }, decimals: 0, unit: null } as unknown as DeviceProperty;
    const flow = { kind: "number", labels: {}, decimals: 1, unit: "L/h" } as unknown as DeviceProperty;
    expect(inWords(1, gate)).toBe("打开");
    expect(inWords(12.34, flow)).toBe("12.3 L/h");
  });
});

it("a command's form sends numbers, switches and texts as such, and leaves out what is empty", () => {
  const param = (code: string, kind: CommandParam["kind"]) => ({ code, kind }) as CommandParam;
  const params = [param("seconds", "number"), param("loud", "switch"), param("text", "text"), param("times", "number")];
  expect(paramsFrom(params, { seconds: " 30 ", loud: "false", text: " 请注意 ", times: "  ", strange: "x" })).toEqual({ seconds: 30, loud: false, text: "请注意" });
});
