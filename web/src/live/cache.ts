/** What the server knows, kept by id and version; live events make it read again, many ids in one request. */
import { type ShallowReactive, shallowReactive } from "vue";

export interface Versioned {
  id: string;
  version: number;
}

export interface ShelfOptions<T> {
  /** Reads these things; one that is missing in the answer is gone (or no longer ours to see). */
  fetch(ids: string[]): Promise<T[]>;
  /** Events within this time share a request. */
  gatherMs?: number;
  /** The most ids in one request. */
  batch?: number;
  schedule?(run: () => void, ms: number): void;
}

export type Change<T> = { id: string; before: T | undefined; after: T | undefined };

export class Shelf<T extends Versioned> {
  readonly items: ShallowReactive<Map<string, T>> = shallowReactive(new Map());
  private readonly options: Required<ShelfOptions<T>>;
  private readonly wanted = new Map<string, number>();
  private readonly watchers = new Set<(changes: Change<T>[]) => void>();
  private scheduled = false;
  private failures = 0;

  constructor(options: ShelfOptions<T>) {
    this.options = { gatherMs: 40, batch: 100, schedule: (run, ms) => void setTimeout(run, ms), ...options };
  }

  get(id: string): T | undefined {
    return this.items.get(id);
  }

  /** Keeps it unless a newer version is already here. */
  put(...things: T[]): void {
    const changes: Change<T>[] = [];
    for (const after of things) {
      const before = this.items.get(after.id);
      if (before && before.version > after.version) continue;
      this.items.set(after.id, after);
      changes.push({ id: after.id, before, after });
    }
    this.tell(changes);
  }

  /** Shows something before the server agreed. Call the answer to take it back; a newer version from the server wins. */
  guess(id: string, change: (thing: T) => T): () => void {
    const before = this.items.get(id);
    if (!before) return () => {};
    const guessed = change(before);
    this.items.set(id, guessed);
    this.tell([{ id, before, after: guessed }]);
    return () => {
      if (this.items.get(id) !== guessed) return;
      this.items.set(id, before);
      this.tell([{ id, before: guessed, after: before }]);
    };
  }

  drop(id: string): void {
    const before = this.items.get(id);
    if (!before) return;
    this.items.delete(id);
    this.tell([{ id, before, after: undefined }]);
  }

  clear(): void {
    this.items.clear();
    this.wanted.clear();
  }

  watch(watcher: (changes: Change<T>[]) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Something happened to this id; reads it again unless the version here is already that new. */
  changed(id: string, version: number | null = null): void {
    const here = this.items.get(id);
    if (version !== null && here && here.version >= version) return;
    this.wanted.set(id, Math.max(version ?? 0, this.wanted.get(id) ?? 0));
    this.plan(this.options.gatherMs);
  }

  private plan(ms: number): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.options.schedule(() => void this.flush(), ms);
  }

  private async flush(): Promise<void> {
    const ids = [...this.wanted.keys()].slice(0, this.options.batch);
    for (const id of ids) this.wanted.delete(id);
    try {
      const found = await this.options.fetch(ids);
      const seen = new Set(found.map(({ id }) => id));
      this.put(...found);
      for (const id of ids) if (!seen.has(id)) this.drop(id);
      this.failures = 0;
    } catch {
      // Not lost: asked again, more slowly, together with whatever has changed meanwhile.
      this.failures = Math.min(this.failures + 1, 6);
      for (const id of ids) if (!this.wanted.has(id)) this.wanted.set(id, 0);
    }
    this.scheduled = false;
    if (this.wanted.size > 0) this.plan(this.options.gatherMs * 2 ** (this.failures * 1.5));
  }

  private tell(changes: Change<T>[]): void {
    if (changes.length > 0) for (const watcher of this.watchers) watcher(changes);
  }
}
