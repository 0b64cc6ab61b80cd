/** What drivers say of themselves, filled in for one connection. Pure. */
import type { DriverSheet } from "@/api/types";

export interface Access {
  host: string;
  port: string;
  username: string;
  mqtt_url: string;
  http_url: string;
}

/** The settings as they are in force: what was entered, else the default. */
const inForce = (driver: DriverSheet, settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(driver.settings.map((one) => [one.code, settings[one.code]?.trim() || one.default]));

/** The driver's steps with this connection's addresses and names in them. The token is shown apart, never in a sentence. */
export function guideFor(driver: DriverSheet, settings: Record<string, string>, access: Access): string[] {
  const { host, port, username, mqtt_url, http_url } = access;
  const known: Record<string, string> = { ...inForce(driver, settings), host, port, username, mqtt_url, http_url };
  return driver.guide.map((step) => step.replace(/\{([a-z_]+)\}/g, (whole, name: string) => known[name] ?? whole));
}

/** Where it publishes: a changed base topic takes the place of the default one. */
export function topicsFor(driver: DriverSheet, settings: Record<string, string>): string[] {
  const base = driver.settings.find(({ code }) => code === "base_topic");
  const chosen = base ? settings[base.code]?.trim() : "";
  return driver.topics.map((topic) => (base && chosen && topic.startsWith(`${base.default}/`) ? chosen + topic.slice(base.default.length) : topic));
}

/** Only what differs from the default is sent. */
export function changedSettings(driver: DriverSheet | undefined, settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries((driver?.settings ?? []).flatMap(({ code, default: usual }) => {
    const value = settings[code]?.trim() ?? "";
    return value !== "" && value !== usual ? [[code, value]] : [];
  }));
}
