// The database. Whatever belongs together is one transaction, and what is committed is on the disk.
import { type Host, outboxFull, type Stored } from './entry.ts';

const NAME = 'offing-outbox';

export interface Tables {
  entries: IDBObjectStore;
  meta: IDBObjectStore;
}

export type Store = <Value>(work: (tables: Tables) => Promise<Value>) => Promise<Value>;

export const ask = <Value>(request: IDBRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export const allOf = ({ entries }: Tables): Promise<Stored[]> => ask(entries.getAll());
export const byId = ({ entries }: Tables, id: string): Promise<Stored | undefined> => ask(entries.index('id').get(id));

// `work` may run twice: when the connection was lost, or there was no room and the host has made some.
export function openStore({ idb, room }: Host): Store {
  let opened: Promise<IDBDatabase> | undefined;

  const open = async (): Promise<IDBDatabase> => {
    // No version: one that a later release has added to is as good.
    const request = idb.open(NAME);
    request.onupgradeneeded = () => {
      const entries = request.result.createObjectStore('entries', { keyPath: 'order' });
      entries.createIndex('id', 'id', { unique: true });
      entries.createIndex('lane', 'lane');
      request.result.createObjectStore('meta');
    };
    const db = await ask(request);
    db.onclose = () => (opened = undefined);
    db.onversionchange = () => {
      opened = undefined;
      db.close();
    };
    return db;
  };

  const once = async <Value>(work: (tables: Tables) => Promise<Value>): Promise<Value> => {
    const db = await (opened ??= open());
    const transaction = db.transaction(['entries', 'meta'], 'readwrite', { durability: 'strict' });
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('offing: aborted'));
    });
    ended.catch(() => undefined);
    const table = (name: string): IDBObjectStore => transaction.objectStore(name);
    try {
      const value = await work({ entries: table('entries'), meta: table('meta') });
      await ended;
      return value;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended.
      }
      throw transaction.error ?? error;
    }
  };

  const is = (name: string, error: unknown): boolean => (error as Error)?.name === name;
  const full = (error: unknown): boolean => is('QuotaExceededError', error);

  return async (work) => {
    try {
      return await once(work);
    } catch (error) {
      if (is('OutboxFull', error)) throw error;
      if (full(error)) await room?.();
      opened = undefined;
    }
    return once(work).catch((error: unknown) => {
      throw full(error) ? outboxFull('no room on the disk') : error;
    });
  };
}
