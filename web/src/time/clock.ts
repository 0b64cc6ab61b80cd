/** The shared clock of a page: ticks each second, follows the server when this machine's clock is off.
 *  In a demonstration the server's time may be hours ahead, and goes on ahead while the page is open. */
import { readonly, ref } from "vue";

let skewMs = 0;

/** Learns the server's time from its `Linli-Time` header (a demonstration) or its `Date`; small differences (its resolution is a second) are ignored. */
export function clockFrom(dateHeader: string | null, here = Date.now()): void {
  const there = dateHeader ? Date.parse(dateHeader) : Number.NaN;
  if (Number.isNaN(there)) return;
  const difference = there - here;
  const before = skewMs;
  skewMs = Math.abs(difference) > 2500 ? difference : 0;
  if (Math.abs(skewMs - before) > 2500) ticking.value = serverNow();
}

/** Milliseconds since the epoch, by the server's clock. */
export function serverNow(): number {
  return Date.now() + skewMs;
}

const ticking = ref(serverNow());
const tickingHere = ref(Date.now());
setInterval(() => {
  ticking.value = serverNow();
  tickingHere.value = Date.now();
}, 1000);

/** Reactive "now"; whatever reads it is redrawn each second. */
export const now = readonly(ticking);
/** Reactive "now" by this machine's own clock: for how long something has been silent, whatever the server's time does. */
export const nowHere = readonly(tickingHere);
