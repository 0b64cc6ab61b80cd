/** The shared clock of a page: ticks each second, follows the server when this machine's clock is off. */
import { readonly, ref } from "vue";

let skewMs = 0;

/** Learns the server's time from a `Date` header; small differences (its resolution is a second) are ignored. */
export function clockFrom(dateHeader: string | null, here = Date.now()): void {
  const there = dateHeader ? Date.parse(dateHeader) : Number.NaN;
  if (Number.isNaN(there)) return;
  const difference = there - here;
  skewMs = Math.abs(difference) > 2500 ? difference : 0;
}

/** Milliseconds since the epoch, by the server's clock. */
export function serverNow(): number {
  return Date.now() + skewMs;
}

const ticking = ref(serverNow());
setInterval(() => {
  ticking.value = serverNow();
}, 1000);

/** Reactive "now"; whatever reads it is redrawn each second. */
export const now = readonly(ticking);
