/** A list read page by page, whose rows can be read again in place when something behind them moved. */
import { computed, type ComputedRef, onScopeDispose, type ShallowRef, shallowRef } from "vue";
import type { Page } from "@/api/types";

/** The most rows the server gives in one answer. */
const MOST = 200;
const USUAL = 50;

export interface Paged<T> {
  rows: ShallowRef<T[]>;
  total: ShallowRef<number>;
  more: ComputedRef<boolean>;
  loading: ShallowRef<boolean>;
  /** True once the first answer to the present question is here. */
  ready: ShallowRef<boolean>;
  error: ShallowRef<unknown>;
  /** Asks anew, from the first page. */
  reload(): Promise<void>;
  /** Reads what is on screen again; the rows stay meanwhile. */
  refresh(): Promise<void>;
  next(): Promise<void>;
}

export type ReadPage<T> = (page: { cursor: string | null; limit: number }, signal: AbortSignal) => Promise<Page<T>>;

export function usePaged<T>(read: ReadPage<T>, usual = USUAL): Paged<T> {
  const rows = shallowRef<T[]>([]);
  const total = shallowRef(0);
  const cursor = shallowRef<string | null>(null);
  const loading = shallowRef(false);
  const ready = shallowRef(false);
  const error = shallowRef<unknown>(null);
  let running: AbortController | null = null;

  async function ask(from: string | null, limit: number, take: (page: Page<T>) => void) {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    loading.value = true;
    try {
      const page = await read({ cursor: from, limit }, mine.signal);
      if (running !== mine) return;
      take(page);
      total.value = page.total;
      error.value = null;
      ready.value = true;
    } catch (problem) {
      if (running === mine) error.value = problem;
    } finally {
      if (running === mine) loading.value = false;
    }
  }

  onScopeDispose(() => running?.abort());
  return {
    rows,
    total,
    more: computed(() => cursor.value !== null),
    loading,
    ready,
    error,
    async reload() {
      ready.value = false;
      rows.value = [];
      cursor.value = null;
      await ask(null, usual, (page) => {
        rows.value = page.items;
        cursor.value = page.next_cursor;
      });
    },
    async refresh() {
      if (loading.value) return;
      const shown = rows.value.length;
      const limit = Math.min(MOST, Math.max(usual, shown));
      await ask(null, limit, (page) => {
        const all = shown <= limit;
        rows.value = all ? page.items : [...page.items, ...rows.value.slice(limit)];
        if (all) cursor.value = page.next_cursor;
      });
    },
    async next() {
      const from = cursor.value;
      if (from === null || loading.value) return;
      await ask(from, usual, (page) => {
        rows.value = [...rows.value, ...page.items];
        cursor.value = page.next_cursor;
      });
    },
  };
}
