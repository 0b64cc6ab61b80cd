/** Moves written on a phone, sent in order, each exactly once, whatever the network does. No browser in here. */
import { Refused } from "@/api/client";

/** What is moved on a phone: an order, or a task (items kept before there were tasks say nothing). */
export type MovedKind = "order" | "task";
export interface Moving {
  version: number;
  moves: readonly { move: string }[];
}

export interface QueuedPhoto {
  key: string;
  blob: Blob;
  file_id: string | null;
}

export interface QueuedMove {
  /** The idempotency key of the move. */
  key: string;
  seq: number;
  account_id: string;
  kind?: MovedKind;
  /** The id of what is moved. */
  order_id: string;
  line: string;
  move: string;
  title: string;
  words: string;
  to_account_id: string | null;
  photos: QueuedPhoto[];
  expected_version: number;
  /** When it was done on site; the server is told, whenever it is sent. */
  done_at: string;
  problem: { code: string; message: string; remedy: string | null } | null;
}

export type NewMove = Pick<QueuedMove, "account_id" | "kind" | "order_id" | "line" | "move" | "title" | "words" | "to_account_id" | "expected_version"> & {
  photos: Blob[];
};

export interface OutboxDoors<T extends Moving = Moving> {
  read(): Promise<QueuedMove[]>;
  write(item: QueuedMove): Promise<unknown>;
  remove(key: string): Promise<unknown>;
  upload(photo: Blob, key: string): Promise<{ id: string }>;
  move(orderId: string, body: unknown, key: string, kind: MovedKind): Promise<T>;
  order(orderId: string, kind: MovedKind): Promise<T>;
  newKey(): string;
  now(): number;
  changed(items: QueuedMove[]): void;
  /** `orderId`: the order that was asked about; a transfer answers with another. */
  sent(order: T, orderId: string, kind: MovedKind): void;
}

export type Drained = "empty" | "waiting" | "sign_in";

const MOST_NEW_VERSIONS = 3;

const kindOf = ({ kind }: QueuedMove): MovedKind => kind ?? "order";

export class Outbox<T extends Moving = Moving> {
  private items: QueuedMove[] = [];
  private draining: Promise<Drained> | null = null;
  private readonly doors: OutboxDoors<T>;

  constructor(doors: OutboxDoors<T>) {
    this.doors = doors;
  }

  async load(): Promise<void> {
    this.items = (await this.doors.read()).toSorted((a, b) => a.seq - b.seq);
    this.tell();
  }

  /** On disk when the promise resolves; sending is another matter. */
  async add(move: NewMove): Promise<QueuedMove> {
    const item: QueuedMove = {
      ...move,
      key: this.doors.newKey(),
      seq: Math.max(this.doors.now(), (this.items.at(-1)?.seq ?? 0) + 1),
      photos: move.photos.map((blob) => ({ key: this.doors.newKey(), blob, file_id: null })),
      done_at: new Date(this.doors.now()).toISOString(),
      problem: null,
    };
    await this.doors.write(item);
    this.items = [...this.items, item];
    this.tell();
    return item;
  }

  /** Sends what waits. One at a time: a second call joins the first. */
  drain(accountId: string): Promise<Drained> {
    this.draining ??= this.sendAll(accountId).finally(() => {
      this.draining = null;
    });
    return this.draining;
  }

  /** A refused move is asked again: a new decision, so a new key. */
  async tryAgain(key: string): Promise<void> {
    const item = this.items.find((one) => one.key === key);
    if (!item?.problem) return;
    const order = await this.doors.order(item.order_id, kindOf(item));
    await this.replace(item, { ...item, key: this.doors.newKey(), expected_version: order.version, problem: null });
  }

  async discard(key: string): Promise<void> {
    await this.doors.remove(key);
    this.items = this.items.filter((one) => one.key !== key);
    this.tell();
  }

  forget(): void {
    this.items = [];
    this.tell();
  }

  private next(accountId: string): QueuedMove | undefined {
    // A later step of an order waits until the refused earlier one is settled by its author.
    const stuck = new Set(this.items.filter(({ problem }) => problem).map(({ order_id }) => order_id));
    return this.items.find((item) => item.account_id === accountId && !item.problem && !stuck.has(item.order_id));
  }

  private async sendAll(accountId: string): Promise<Drained> {
    let newVersions = 0;
    for (let item = this.next(accountId); item; item = this.next(accountId)) {
      try {
        await this.sendOne(item);
        newVersions = 0;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.status === 401) return "sign_in";
        if (error.undecided) return "waiting";
        try {
          newVersions += 1;
          if (error.status === 409 && newVersions <= MOST_NEW_VERSIONS && (await this.onNewVersion(item))) continue;
        } catch (again) {
          if (again instanceof Refused && again.undecided) return "waiting";
          if (again instanceof Refused && again.status === 401) return "sign_in";
          if (!(again instanceof Refused)) throw again;
        }
        const failed = this.items.find(({ seq }) => seq === item?.seq) ?? item;
        await this.replace(failed, { ...failed, problem: { code: error.code, message: error.message, remedy: error.remedy } });
      }
    }
    return this.items.some((one) => one.account_id === accountId && !one.problem) ? "waiting" : "empty";
  }

  private async sendOne(given: QueuedMove): Promise<void> {
    let item = given;
    for (const [at, photo] of item.photos.entries()) {
      if (photo.file_id) continue;
      const { id } = await this.doors.upload(photo.blob, photo.key);
      const photos = item.photos.with(at, { ...photo, file_id: id });
      item = await this.replace(item, { ...item, photos });
    }
    // Nothing in here may differ at a second attempt: the same key must mean the same request.
    const body = {
      move: item.move,
      words: item.words,
      evidence: item.photos.map(({ file_id }) => file_id),
      expected_version: item.expected_version,
      happened_at: item.done_at,
      ...(item.to_account_id ? { to_account_id: item.to_account_id } : {}),
    };
    const order = await this.doors.move(item.order_id, body, item.key, kindOf(item));
    // What was written after this step was written knowing it: it builds on the version this step made.
    for (const later of this.items)
      if (later.order_id === item.order_id && later.seq > item.seq)
        await this.replace(later, { ...later, expected_version: order.version });
    await this.discard(item.key);
    this.doors.sent(order, item.order_id, kindOf(item));
  }

  /** The order moved on meanwhile. When the step is still allowed it is asked on the new version, as a new request. */
  private async onNewVersion(item: QueuedMove): Promise<boolean> {
    const current = this.items.find(({ seq }) => seq === item.seq) ?? item;
    const order = await this.doors.order(current.order_id, kindOf(current));
    this.doors.sent(order, current.order_id, kindOf(current));
    if (order.version === current.expected_version || !order.moves.some(({ move }) => move === current.move)) return false;
    await this.replace(current, { ...current, key: this.doors.newKey(), expected_version: order.version });
    return true;
  }

  private async replace(before: QueuedMove, after: QueuedMove): Promise<QueuedMove> {
    await this.doors.write(after);
    if (after.key !== before.key) await this.doors.remove(before.key);
    this.items = this.items.map((one) => (one.seq === before.seq ? after : one));
    this.tell();
    return after;
  }

  private tell(): void {
    this.doors.changed(this.items);
  }
}
