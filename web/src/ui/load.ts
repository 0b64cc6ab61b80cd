/** Reading something for a page: the value, whether it is loading, what went wrong; the newest question wins. */
import { onScopeDispose, type ShallowRef, shallowRef } from "vue";

export interface Loaded<T> {
  value: ShallowRef<T | null>;
  error: ShallowRef<unknown>;
  loading: ShallowRef<boolean>;
  /** Reads again. What is shown stays until the answer is here. */
  load(): Promise<void>;
}

export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const value = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const loading = shallowRef(false);
  let running: AbortController | null = null;

  async function load() {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    loading.value = true;
    try {
      const answer = await read(mine.signal);
      if (running !== mine) return;
      value.value = answer;
      error.value = null;
    } catch (problem) {
      if (running === mine) error.value = problem;
    } finally {
      if (running === mine) loading.value = false;
    }
  }

  onScopeDispose(() => running?.abort());
  return { value, error, loading, load };
}

export interface Action<A extends unknown[], R> {
  busy: ShallowRef<boolean>;
  error: ShallowRef<unknown>;
  /** Answers undefined when it failed (the reason is in `error`) or is already running. */
  run(...args: A): Promise<R | undefined>;
  clear(): void;
}

/** A write behind a button: never twice at once, its failure kept for showing in place. */
export function useAction<A extends unknown[], R>(act: (...args: A) => Promise<R>): Action<A, R> {
  const busy = shallowRef(false);
  const error = shallowRef<unknown>(null);
  return {
    busy,
    error,
    clear: () => {
      error.value = null;
    },
    async run(...args) {
      if (busy.value) return undefined;
      busy.value = true;
      error.value = null;
      try {
        return await act(...args);
      } catch (problem) {
        error.value = problem;
        return undefined;
      } finally {
        busy.value = false;
      }
    },
  };
}
