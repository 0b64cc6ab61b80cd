/** One click gives an incident to the property company. Shown at once, taken back if refused. */
import { reactive } from "vue";
import { post, Refused } from "@/api/client";
import type { Incident, IncidentRow, Order } from "@/api/types";
import { t } from "@/i18n";
import { serverNow } from "@/time/clock";
import { incidents } from "../incidents/shelves";

/** What is under way or has failed, by incident; gone when it worked. */
export const flights = reactive(new Map<string, { busy: boolean; error: unknown }>());

async function attempt(id: string, guess: (row: IncidentRow) => IncidentRow, act: () => Promise<unknown>): Promise<boolean> {
  if (flights.get(id)?.busy) return false;
  flights.set(id, { busy: true, error: null });
  const takeBack = incidents.guess(id, guess);
  try {
    await act();
    flights.delete(id);
    incidents.changed(id);
    return true;
  } catch (error) {
    takeBack();
    flights.set(id, { busy: false, error });
    // Somebody was faster, or the world moved on: show what is true now.
    if (error instanceof Refused && (error.status === 409 || error.status === 404)) incidents.changed(id);
    return false;
  }
}

export function dispatch(row: IncidentRow): Promise<boolean> {
  const at = new Date(serverNow()).toISOString();
  return attempt(
    row.id,
    (now) => ({
      ...now,
      state: "handling",
      state_title: t("desk.states.handling"),
      ringing: false,
      order: { id: "", state: "offered", state_title: t("desk.dispatching"), assignee_name: "", company_title: "", offered_at: at, accepted_at: null },
    }),
    () =>
      post<Order>(`/api/incidents/${row.id}/orders`, {
        company_id: null,
        assignee_id: null,
        words: "",
        expected_version: row.version,
      }),
  );
}

export function take(row: IncidentRow, myName: string): Promise<boolean> {
  return attempt(
    row.id,
    (now) => ({ ...now, taken_by: myName, ringing: false }),
    async () => {
      const incident = await post<Incident>(`/api/incidents/${row.id}/moves`, {
        move: "take",
        words: "",
        expected_version: row.version,
      });
      incidents.put(incident);
    },
  );
}
