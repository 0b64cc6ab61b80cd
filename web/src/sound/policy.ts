/** What should be heard, and when. Pure: the tones themselves are in tones.ts. */
import type { Severity } from "@/api/types";

/** A critical incident nobody has taken rings again this often. */
export const RING_EVERY_MS = 6000;

export interface SoundState {
  mutedUntil: number;
  /** When the ring for untaken critical incidents was last played. */
  lastRingAt: number;
}

export type Tone = Severity;

/** The tone for a thing that has just happened. A notice never makes a sound. */
export function toneForArrival(severity: Severity, state: SoundState, now: number): Tone | null {
  if (severity === "notice") return null;
  return now < state.mutedUntil ? null : severity;
}

/** Time to ring again for critical incidents that nobody has taken? */
export function shouldRing(untakenCritical: number, state: SoundState, now: number): boolean {
  return untakenCritical > 0 && now >= state.mutedUntil && now - state.lastRingAt >= RING_EVERY_MS;
}

/** The loudest of several that came together: one sound for a burst. */
export function loudest(severities: readonly Severity[]): Severity | null {
  const order: readonly Severity[] = ["critical", "danger", "warning", "notice"];
  return order.find((one) => severities.includes(one)) ?? null;
}

/** Muted while something critical waits: the desk must be reminded by eye. */
export function needsReminder(untakenCritical: number, state: SoundState, now: number): boolean {
  return untakenCritical > 0 && now < state.mutedUntil;
}
