/** Reads again when something moved, never twice at once: however fast the world is, each answer is shown. */
import { onScopeDispose } from "vue";

/** Calls of the answer lead to one reading at once or, while one runs, to one more after it; readings start at least `ms` apart. */
export function useFresh(read: () => Promise<void>, ms: number): () => void {
  let running = false;
  let again = false;
  let startedAt = Number.NEGATIVE_INFINITY;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  onScopeDispose(() => {
    over = true;
    clearTimeout(waiting);
  });
  async function go() {
    waiting = undefined;
    running = true;
    again = false;
    startedAt = performance.now();
    try {
      await read();
    } finally {
      running = false;
      if (again && !over) soon();
    }
  }
  function soon() {
    again = true;
    if (running || over) return;
    waiting ??= setTimeout(() => void go(), Math.max(0, startedAt + ms - performance.now()));
  }
  return soon;
}
