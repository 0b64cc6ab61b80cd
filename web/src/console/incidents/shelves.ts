/** Incidents and orders as this browser knows them. */
import { get } from "@/api/client";
import type { IncidentRow, Order, Page } from "@/api/types";
import { Shelf } from "@/live/cache";
import { onLive } from "@/live/hub";
import { atSignOut } from "@/session/session";

export const incidents = new Shelf<IncidentRow>({
  fetch: async (ids) => (await get<Page<IncidentRow>>("/api/incidents", { ids, state: "all", limit: ids.length })).items,
});

export const orders = new Shelf<Order>({
  fetch: async (ids) => (await get<Page<Order>>("/api/orders", { ids, state: "all", limit: ids.length })).items,
});

/** Keeps the incidents in step while called for; `reset` when everything must be read again. */
export function followIncidents(reset: () => void): () => void {
  return onLive(
    ["incident_changed", "order_changed", "alert_rang"],
    ({ name, incident_id, version }) => {
      if (incident_id) incidents.changed(incident_id, name === "incident_changed" ? (version ?? null) : null);
    },
    reset,
  );
}

/** An order as the server answered a move on `orderId`; a transfer answers with the new order. */
export function orderAnswered(order: Order, orderId: string): void {
  orders.put(order);
  if (order.id !== orderId) orders.changed(orderId);
}

export function followOrders(reset: () => void): () => void {
  return onLive(
    ["order_changed"],
    ({ order_id, version }) => {
      if (order_id) orders.changed(order_id, version ?? null);
    },
    reset,
  );
}

atSignOut(() => {
  incidents.clear();
  orders.clear();
});
