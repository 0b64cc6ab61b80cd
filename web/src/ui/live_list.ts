/** A list that stays true: pages from the server, rows from a shelf, kept in step by live events. */
import { computed, type ComputedRef, onScopeDispose, type ShallowRef, shallowRef } from "vue";
import type { Page } from "@/api/types";
import type { Shelf, Versioned } from "@/live/cache";

export interface LiveListOptions<T extends Versioned> {
  shelf: Shelf<T>;
  read(cursor: string | null, signal: AbortSignal): Promise<Page<T>>;
  /** Does a row, changed while the list is open, (still) belong here? */
  belongs(row: T): boolean;
  /** The order of the rows. */
  compare(a: T, b: T): number;
}

export interface LiveList<T> {
  rows: ComputedRef<T[]>;
  total: ShallowRef<number>;
  more: ComputedRef<boolean>;
  loading: ShallowRef<boolean>;
  error: ShallowRef<unknown>;
  /** Reads the first page again (a filter changed). `quiet` keeps the rows on screen meanwhile. */
  reload(quiet?: boolean): Promise<void>;
  next(): Promise<void>;
}

export function useLiveList<T extends Versioned>(options: LiveListOptions<T>): LiveList<T> {
  const ids = shallowRef<ReadonlySet<string>>(new Set());
  const total = shallowRef(0);
  const cursor = shallowRef<string | null>(null);
  const loading = shallowRef(false);
  const error = shallowRef<unknown>(null);
  let running: AbortController | null = null;

  async function read(from: string | null, keep: boolean) {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    loading.value = true;
    try {
      const page = await options.read(from, mine.signal);
      if (running !== mine) return;
      options.shelf.put(...page.items);
      ids.value = new Set([...(keep ? ids.value : []), ...page.items.map(({ id }) => id)]);
      cursor.value = page.next_cursor;
      total.value = page.total;
      error.value = null;
    } catch (problem) {
      if (running === mine) error.value = problem;
    } finally {
      if (running === mine) loading.value = false;
    }
  }

  onScopeDispose(
    options.shelf.watch((changes) => {
      const next = new Set(ids.value);
      let count = total.value;
      for (const { id, after } of changes) {
        const here = after !== undefined && options.belongs(after);
        if (here && !next.has(id)) {
          next.add(id);
          count += 1;
        } else if (!here && next.delete(id)) count -= 1;
      }
      ids.value = next;
      total.value = Math.max(count, next.size === 0 && cursor.value === null ? 0 : count);
    }),
  );
  onScopeDispose(() => running?.abort());

  return {
    rows: computed(() => {
      const found: T[] = [];
      for (const id of ids.value) {
        const row = options.shelf.get(id);
        if (row) found.push(row);
      }
      return found.sort(options.compare);
    }),
    total,
    more: computed(() => cursor.value !== null),
    loading,
    error,
    async reload(quiet = false) {
      if (!quiet) ids.value = new Set();
      await read(null, false);
    },
    next: () => (cursor.value === null ? Promise.resolve() : read(cursor.value, true)),
  };
}
