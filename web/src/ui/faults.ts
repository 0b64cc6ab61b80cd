/** Which field of a form a refusal means. Pure. */
import { Refused } from "@/api/client";

/** What the server says is wrong with one field (`title`, `entrances.0.title`); null when it does not mean this one. */
export function faultOf(error: unknown, field: string): string | null {
  if (!(error instanceof Refused)) return null;
  return error.details.find((one) => one.field === field)?.message ?? (error.field === field ? error.message : null);
}

/** A failure that no field of the form shows, so that it must be said below them all. */
export function beyond(error: unknown, shown: (field: string) => boolean): unknown {
  if (!(error instanceof Refused)) return error;
  const named = error.details.length > 0 ? error.details.map(({ field }) => field) : [error.field ?? ""];
  return named.every(shown) ? null : error;
}
