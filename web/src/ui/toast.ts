/** Short words at the edge of the page: what has just been done. Failures are shown in place instead. */
import { shallowReactive } from "vue";

export interface Toast {
  id: number;
  words: string;
  tone: "good" | "bad";
}

export const toasts = shallowReactive<Toast[]>([]);
let last = 0;

export function toast(words: string, tone: Toast["tone"] = "good"): void {
  const one = { id: ++last, words, tone };
  toasts.push(one);
  setTimeout(
    () => {
      const at = toasts.indexOf(one);
      if (at >= 0) toasts.splice(at, 1);
    },
    tone === "good" ? 3500 : 7000,
  );
}
