/** The tones, made in the browser: nothing to download, and each level is told apart by ear. */
import { reactive, ref } from "vue";
import { serverNow } from "@/time/clock";
import type { SoundState, Tone } from "./policy";

/** Hz and seconds: a rising pair for critical, two equal for danger, one soft for warning. */
const NOTES: Record<Exclude<Tone, "notice">, { hz: number; at: number; for: number; gain: number }[]> = {
  critical: [
    { hz: 784, at: 0, for: 0.16, gain: 0.5 },
    { hz: 1047, at: 0.18, for: 0.16, gain: 0.5 },
    { hz: 784, at: 0.36, for: 0.16, gain: 0.5 },
    { hz: 1047, at: 0.54, for: 0.3, gain: 0.5 },
  ],
  danger: [
    { hz: 659, at: 0, for: 0.18, gain: 0.35 },
    { hz: 659, at: 0.26, for: 0.24, gain: 0.35 },
  ],
  warning: [{ hz: 523, at: 0, for: 0.28, gain: 0.2 }],
};

const WANTED = "linli-sound";
const MUTED = "linli-muted-until";

export const wanted = ref(localStorage.getItem(WANTED) === "on");
export const blocked = ref(wanted.value);
export const soundState = reactive<SoundState>({ mutedUntil: Number(localStorage.getItem(MUTED) ?? 0), lastRingAt: 0 });

let context: AudioContext | null = null;

function ready(): AudioContext | null {
  if (!wanted.value) return null;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume().catch(() => {});
  blocked.value = context.state !== "running";
  context.onstatechange = () => {
    blocked.value = context?.state !== "running";
  };
  return context.state === "running" ? context : null;
}

export function play(tone: Tone): boolean {
  if (tone === "notice") return false;
  const audio = ready();
  if (!audio) return false;
  for (const note of NOTES[tone]) {
    const start = audio.currentTime + note.at;
    const voice = audio.createOscillator();
    const volume = audio.createGain();
    voice.type = "triangle";
    voice.frequency.value = note.hz;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(note.gain, start + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.001, start + note.for);
    voice.connect(volume).connect(audio.destination);
    voice.start(start);
    voice.stop(start + note.for + 0.05);
  }
  return true;
}

/** Called from a click: the only moment a browser lets a page begin to sound. */
export async function enable(): Promise<void> {
  wanted.value = true;
  localStorage.setItem(WANTED, "on");
  unmute();
  context ??= new AudioContext();
  await context.resume().catch(() => {});
  blocked.value = context.state !== "running";
  play("warning");
}

export function mute(minutes: number): void {
  soundState.mutedUntil = serverNow() + minutes * 60_000;
  localStorage.setItem(MUTED, String(soundState.mutedUntil));
}

export function unmute(): void {
  soundState.mutedUntil = 0;
  localStorage.removeItem(MUTED);
}

/** After a reload the browser may allow sound at the first click anywhere. */
export function wakeOnGesture(): void {
  if (!wanted.value) return;
  ready();
  addEventListener("pointerdown", () => void ready(), { once: true, capture: true });
  addEventListener("keydown", () => void ready(), { once: true, capture: true });
}
