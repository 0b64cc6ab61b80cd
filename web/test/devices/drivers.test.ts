import { describe, expect, it } from "vitest";
import type { DriverSheet } from "@/api/types";
import { changedSettings, guideFor, topicsFor } from "@/console/devices/drivers";

const setting = (code: string, usual: string): DriverSheet["settings"][number] => ({ code, title: code, help: "", default: usual, form: "text", low: null, high: null, longest: 100, choices: [] });
const SHEET = {
  code: "zigbee2mqtt", title: "Zigbee2MQTT 网关", maker: "", purpose: "", source: "", transport: "mqtt", has_children: true, acknowledges: false,
  topics: ["zigbee2mqtt/#"],
  settings: [setting("base_topic", "zigbee2mqtt"), setting("names", "")],
  guide: ["填 {host} 和 {port}，用户名 {username}", "前缀 {base_topic}，遗嘱 {\"online\": false}，不认识的 {other}"],
} satisfies DriverSheet;
const ACCESS = { host: "10.0.0.8", port: "1883", username: "yg-gw-1", mqtt_url: "mqtt://10.0.0.8:1883", http_url: "http://10.0.0.8:8000" };

describe("what to enter into the device", () => {
  it("names this connection's own host, port and user", () => {
    expect(guideFor(SHEET, {}, ACCESS)[0]).toBe("填 10.0.0.8 和 1883，用户名 yg-gw-1");
  });
  it("takes settings as entered, else their default, and leaves the rest alone", () => {
    expect(guideFor(SHEET, { base_topic: " site2 " }, ACCESS)[1]).toBe('前缀 site2，遗嘱 {"online": false}，不认识的 {other}');
    expect(guideFor(SHEET, { base_topic: "" }, ACCESS)[1]).toContain("前缀 zigbee2mqtt");
  });
  it("shows the topics under the base that was chosen", () => {
    expect(topicsFor(SHEET, {})).toEqual(["zigbee2mqtt/#"]);
    expect(topicsFor(SHEET, { base_topic: "site2" })).toEqual(["site2/#"]);
  });
  it("sends only what was changed", () => {
    expect(changedSettings(SHEET, { base_topic: "zigbee2mqtt", names: " a = smoke " })).toEqual({ names: "a = smoke" });
    expect(changedSettings(undefined, { base_topic: "x" })).toEqual({});
  });
});
