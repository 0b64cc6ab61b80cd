/** Many calls in a short time become one, at the latest after `ms`; ends with the page. */
import { onScopeDispose } from "vue";

export function useSoon(act: () => void, ms: number): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  onScopeDispose(() => clearTimeout(waiting));
  return () => {
    waiting ??= setTimeout(() => {
      waiting = undefined;
      act();
    }, ms);
  };
}

/** Again and again while somebody can see the page. */
export function useEvery(act: () => void, ms: number): void {
  const beat = setInterval(() => {
    if (document.visibilityState === "visible") act();
  }, ms);
  onScopeDispose(() => clearInterval(beat));
}
