/** What may be heard, on whatever page one is: new alarms, untaken critical ones, orders offered to me. */
import { computed, watch } from "vue";
import { get } from "@/api/client";
import type { IncidentRow, Page, Severity } from "@/api/types";
import { onLive } from "@/live/hub";
import { can } from "@/session/session";
import { loudest, shouldRing, toneForArrival } from "@/sound/policy";
import { play, soundState } from "@/sound/tones";
import { now, serverNow } from "@/time/clock";
import { isPinned } from "../desk/queue";
import { followIncidents, incidents } from "../incidents/shelves";

/** Events of one burst make one sound. */
const GATHER_MS = 120;

export const untaken = computed(() => [...incidents.items.values()].filter(isPinned));

async function loadUntaken(): Promise<void> {
  const page = await get<Page<IncidentRow>>("/api/incidents", { state: "open", severity: "critical", limit: 100 });
  incidents.put(...page.items);
}

/** Starts listening; the answer ends it. */
export function startRinging(): () => void {
  const ends: (() => void)[] = [];
  let arrived: Severity[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function arrives(severity: Severity | null | undefined) {
    if (!severity) return;
    arrived.push(severity);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const worst = loudest(arrived);
      arrived = [];
      const tone = worst ? toneForArrival(worst, soundState, serverNow()) : null;
      if (tone && play(tone)) soundState.lastRingAt = serverNow();
    }, GATHER_MS);
  }

  if (can("handle_incidents")) {
    // Without the list the desk page still loads its own; the next reset asks again.
    const load = () => void loadUntaken().catch(() => {});
    load();
    ends.push(
      followIncidents(load),
      onLive(
        ["alert_rang", "incident_changed"],
        ({ name, version, severity }) => {
          // A person's report has no alert: its first version is the news.
          if (name === "alert_rang" || version === 1) arrives(severity);
        },
        () => {},
      ),
      watch(now, (at) => {
        if (shouldRing(untaken.value.length, soundState, at) && play("critical")) soundState.lastRingAt = at;
      }),
    );
  } else if (can("do_orders")) {
    ends.push(
      onLive(
        ["order_changed"],
        ({ state, severity }) => {
          if (state === "offered") arrives(severity);
        },
        () => {},
      ),
    );
  }
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
  };
}
