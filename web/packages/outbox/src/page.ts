// The outbox of a page that no worker has (/_offing/outbox.js): the same entries in the same database, sent by the page.
import type { Entry, EntryEvent } from '@offing/protocol';
import { type Outbox, openOutbox as open } from './outbox.ts';

export interface PageOptions {
  keys?: number; // ms that the server remembers keys
  user?(): Promise<string | undefined>; // USERHASH
  token?(refused?: string): Promise<string>;
  emit(event: EntryEvent, entry: Entry): void;
}

const TOKEN_MS = 10_000;

// Drains at once, and whenever the network or the page comes back.
export function openOutbox({ keys, user, token, emit }: PageOptions): Outbox {
  const box = open({
    keys,
    idb: indexedDB,
    locks: navigator.locks as LockManager | undefined,
    origin: location.origin,
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    timer: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    online: () => navigator.onLine,
    user: user ?? (async () => undefined),
    // Who holds the lock must not wait for ever.
    token: (refused) =>
      Promise.race([token?.(refused) ?? '', new Promise<string>((resolve) => setTimeout(resolve, TOKEN_MS, ''))]),
    emit: async (event, entry) => {
      emit(event, entry);
      return true;
    },
  });
  addEventListener('online', () => void box.drain(true));
  for (const change of ['visibilitychange', 'pageshow']) addEventListener(change, () => void box.drain());
  void box.drain();
  return box;
}
