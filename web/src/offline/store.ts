/** What a phone keeps while there is no network: waiting moves, drafts, the last seen orders. IndexedDB. */
import type { KeyRow, Order, Task } from "@/api/types";
import type { QueuedMove } from "./outbox";
import type { QueuedVisit } from "./visits";

export interface Draft {
  /** order id / move */
  id: string;
  words: string;
  photos: Blob[];
  to: string;
}

interface KeptOrders {
  id: "orders";
  at: string;
  account: string;
  items: Order[];
}

const NAME = "linli";
type StoreName = "queue" | "drafts" | "kept" | "visits";

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asking = indexedDB.open(NAME, 2);
    asking.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) {
        asking.result.createObjectStore("queue", { keyPath: "key" });
        asking.result.createObjectStore("drafts", { keyPath: "id" });
        asking.result.createObjectStore("kept", { keyPath: "id" });
      }
      asking.result.createObjectStore("visits", { keyPath: "id" });
    };
    asking.onsuccess = () => {
      const database = asking.result;
      // A newer release in another tab wants to change the stores: let it, and open anew when asked.
      database.onversionchange = () => {
        database.close();
        opened = null;
      };
      resolve(database);
    };
    asking.onerror = () => {
      opened = null;
      reject(asking.error ?? new Error("IndexedDB does not open"));
    };
  });
  return opened;
}

async function run<T>(store: StoreName, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const transaction = (await open()).transaction(store, mode);
  const asking = ask(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    // A write counts when the transaction is on disk, not when the request was taken.
    transaction.oncomplete = () => resolve(asking.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB write failed"));
  });
}

export const readQueue = (): Promise<QueuedMove[]> => run("queue", "readonly", (s) => s.getAll() as IDBRequest<QueuedMove[]>);
export const writeQueued = (item: QueuedMove): Promise<unknown> => run("queue", "readwrite", (s) => s.put(item));
export const deleteQueued = (key: string): Promise<unknown> => run("queue", "readwrite", (s) => s.delete(key));

export const readDraft = (id: string): Promise<Draft | undefined> => run("drafts", "readonly", (s) => s.get(id) as IDBRequest<Draft | undefined>);
export const writeDraft = (draft: Draft): Promise<unknown> => run("drafts", "readwrite", (s) => s.put(draft));
/** A shared desk keeps nobody's words for the next one. */
export const wipeDrafts = (): Promise<unknown> => run("drafts", "readwrite", (s) => s.clear());
export const deleteDraft = (id: string): Promise<unknown> => run("drafts", "readwrite", (s) => s.delete(id));

export const keepOrders = (account: string, items: Order[], at: string): Promise<unknown> =>
  run("kept", "readwrite", (s) => s.put({ id: "orders", account, at, items } satisfies KeptOrders));
export async function keptOrders(account: string): Promise<KeptOrders | undefined> {
  const kept = await run("kept", "readonly", (s) => s.get("orders") as IDBRequest<KeptOrders | undefined>);
  return kept?.account === account ? kept : undefined;
}

interface KeptVisits {
  id: "visits";
  at: string;
  account: string;
  items: KeyRow[];
}
export const readVisits = (): Promise<QueuedVisit[]> => run("visits", "readonly", (s) => s.getAll() as IDBRequest<QueuedVisit[]>);
export const writeVisit = (item: QueuedVisit): Promise<unknown> => run("visits", "readwrite", (s) => s.put(item));
export const deleteVisit = (id: string): Promise<unknown> => run("visits", "readwrite", (s) => s.delete(id));
export const keepToVisit = (account: string, items: KeyRow[], at: string): Promise<unknown> =>
  run("kept", "readwrite", (s) => s.put({ id: "visits", account, at, items } satisfies KeptVisits));
export async function keptToVisit(account: string): Promise<KeptVisits | undefined> {
  const kept = await run("kept", "readonly", (s) => s.get("visits") as IDBRequest<KeptVisits | undefined>);
  return kept?.account === account ? kept : undefined;
}

interface KeptTasks {
  id: "tasks";
  at: string;
  account: string;
  items: Task[];
}
export const keepTasks = (account: string, items: Task[], at: string): Promise<unknown> =>
  run("kept", "readwrite", (s) => s.put({ id: "tasks", account, at, items } satisfies KeptTasks));
export async function keptTasks(account: string): Promise<KeptTasks | undefined> {
  const kept = await run("kept", "readonly", (s) => s.get("tasks") as IDBRequest<KeptTasks | undefined>);
  return kept?.account === account ? kept : undefined;
}

/** At sign-out nothing of a person's work stays on the device. */
export async function wipeStore(): Promise<void> {
  for (const store of ["queue", "drafts", "kept", "visits"] as const) await run(store, "readwrite", (s) => s.clear());
}
