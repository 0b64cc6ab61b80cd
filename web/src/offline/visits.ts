/** Visits written on a phone, each sent until the server has it, and there only once. No browser in here. */
import { Refused } from "@/api/client";

export interface VisitPhoto {
  key: string;
  blob: Blob;
  file_id: string | null;
}

export interface VisitPosition {
  latitude: number;
  longitude: number;
  accuracy: number;
}

export interface QueuedVisit {
  /** The id of the visit itself: the server takes the same visit once, however often it comes. */
  id: string;
  seq: number;
  account_id: string;
  key_person_id: string;
  /** Whom it was paid to, masked, for this phone's list. */
  name: string;
  visited_at: string;
  outcome: string;
  findings: string[];
  words: string;
  photos: VisitPhoto[];
  position: VisitPosition | null;
  problem: boolean;
  refused: { code: string; message: string; remedy: string | null } | null;
}

export type NewVisit = Pick<QueuedVisit, "account_id" | "key_person_id" | "name" | "outcome" | "findings" | "words" | "position" | "problem"> & { photos: Blob[] };

export interface VisitDoors {
  read(): Promise<QueuedVisit[]>;
  write(item: QueuedVisit): Promise<unknown>;
  remove(id: string): Promise<unknown>;
  upload(photo: Blob, key: string): Promise<{ id: string }>;
  send(keyPersonId: string, body: unknown, id: string): Promise<unknown>;
  newId(): string;
  now(): number;
  changed(items: QueuedVisit[]): void;
}

export type VisitsDrained = "empty" | "waiting" | "sign_in";

export class VisitOutbox {
  private items: QueuedVisit[] = [];
  private draining: Promise<VisitsDrained> | null = null;
  private readonly doors: VisitDoors;

  constructor(doors: VisitDoors) {
    this.doors = doors;
  }

  async load(): Promise<void> {
    this.items = (await this.doors.read()).toSorted((a, b) => a.seq - b.seq);
    this.tell();
  }

  /** On disk when the promise resolves; sending is another matter. */
  async add(visit: NewVisit): Promise<QueuedVisit> {
    const item: QueuedVisit = {
      ...visit,
      id: this.doors.newId(),
      seq: Math.max(this.doors.now(), (this.items.at(-1)?.seq ?? 0) + 1),
      visited_at: new Date(this.doors.now()).toISOString(),
      photos: visit.photos.map((blob) => ({ key: this.doors.newId(), blob, file_id: null })),
      refused: null,
    };
    await this.doors.write(item);
    this.items = [...this.items, item];
    this.tell();
    return item;
  }

  /** Sends what waits, the oldest first. A second call joins the first. */
  drain(accountId: string): Promise<VisitsDrained> {
    this.draining ??= this.sendAll(accountId).finally(() => {
      this.draining = null;
    });
    return this.draining;
  }

  async tryAgain(id: string): Promise<void> {
    const item = this.items.find((one) => one.id === id);
    if (item?.refused) await this.replace({ ...item, refused: null });
  }

  async discard(id: string): Promise<void> {
    await this.doors.remove(id);
    this.items = this.items.filter((one) => one.id !== id);
    this.tell();
  }

  forget(): void {
    this.items = [];
    this.tell();
  }

  private async sendAll(accountId: string): Promise<VisitsDrained> {
    const next = () => this.items.find((one) => one.account_id === accountId && !one.refused);
    for (let item = next(); item; item = next()) {
      try {
        await this.sendOne(item);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.status === 401) return "sign_in";
        if (error.undecided) return "waiting";
        // One visit the server will not have does not hold up the others.
        const failed = this.items.find(({ id }) => id === item?.id) ?? item;
        await this.replace({ ...failed, refused: { code: error.code, message: error.message, remedy: error.remedy } });
      }
    }
    return "empty";
  }

  private async sendOne(given: QueuedVisit): Promise<void> {
    let item = given;
    for (const [at, photo] of item.photos.entries()) {
      if (photo.file_id) continue;
      const { id } = await this.doors.upload(photo.blob, photo.key);
      item = await this.replace({ ...item, photos: item.photos.with(at, { ...photo, file_id: id }) });
    }
    const { id, visited_at, outcome, findings, words, position, problem } = item;
    const photos = item.photos.map(({ file_id }) => file_id);
    await this.doors.send(item.key_person_id, { id, visited_at, outcome, findings, words, photos, position, problem }, id);
    await this.discard(id);
  }

  private async replace(after: QueuedVisit): Promise<QueuedVisit> {
    await this.doors.write(after);
    this.items = this.items.map((one) => (one.id === after.id ? after : one));
    this.tell();
    return after;
  }

  private tell(): void {
    this.doors.changed(this.items);
  }
}
