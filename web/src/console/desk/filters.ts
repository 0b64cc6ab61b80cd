/** The desk's filters, in and out of the address. Pure. */
import type { LocationQuery, LocationQueryRaw } from "vue-router";
import { type Filters, SEVERITIES, type StateFilter } from "./queue";

export const STATES: readonly StateFilter[] = ["active", "unanswered", "open", "handling", "resolved", "confirmed", "closed", "false_alarm", "merged", "all"];

const text = (value: LocationQuery[string] | undefined): string => (typeof value === "string" ? value : "");

export function filtersFromQuery(query: LocationQuery, estateId: string): Filters {
  const state = text(query["state"]);
  const severity = text(query["severity"]);
  return {
    state: STATES.find((one) => one === state) ?? "active",
    severity: SEVERITIES.find((one) => one === severity) ?? "",
    category: text(query["category"]),
    rule: text(query["rule"]),
    estateId,
    q: text(query["q"]),
    mine: query["mine"] === "1",
    overdue: query["overdue"] === "1",
    sort: query["sort"] === "newest" ? "newest" : "urgency",
  };
}

/** Only what differs from the usual view. The estate is the header's business. */
export function filtersToQuery(filters: Filters): LocationQueryRaw {
  const query: LocationQueryRaw = {};
  if (filters.state !== "active") query["state"] = filters.state;
  if (filters.severity) query["severity"] = filters.severity;
  if (filters.category) query["category"] = filters.category;
  if (filters.rule) query["rule"] = filters.rule;
  if (filters.q.trim()) query["q"] = filters.q.trim();
  if (filters.mine) query["mine"] = "1";
  if (filters.overdue) query["overdue"] = "1";
  if (filters.sort !== "urgency") query["sort"] = filters.sort;
  return query;
}
