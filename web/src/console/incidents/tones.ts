/** What a state means to the eye. */
import type { IncidentState, OrderState } from "@/api/types";

type StateTone = "wait" | "work" | "good" | "bad" | "off";

const INCIDENT: Record<IncidentState, StateTone> = {
  open: "wait",
  handling: "work",
  resolved: "wait",
  confirmed: "good",
  closed: "good",
  false_alarm: "off",
  merged: "off",
};
const ORDER: Record<OrderState, StateTone> = {
  offered: "wait",
  accepted: "work",
  arrived: "work",
  fixed: "good",
  verified: "good",
  refused: "bad",
  transferred: "off",
  expired: "bad",
  cancelled: "off",
};

export const incidentTone = (state: IncidentState): StateTone => INCIDENT[state] ?? "off";
export const orderTone = (state: OrderState): StateTone => ORDER[state] ?? "off";
