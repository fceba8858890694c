// The outbox in the worker: requests become entries, pages call it and hear of it, and whatever wakes the worker drains it.
import type { Config, OutboxCall, Pending, WorkerMessage } from '@offing/protocol';
import { openOutbox, type Outbox } from '@offing/outbox';
import type { Host, OutboxHost } from '../parts.ts';
import { claim, QUEUED_PATH, queuedPage, type Waiting } from './claim.ts';
import { rulesOf } from './rules.ts';
import { askForSync, onSync } from './sync.ts';
import { teller } from './tell.ts';

function open(config: Config, host: Host, waiting: Waiting): Outbox {
  return openOutbox({
    idb: indexedDB,
    locks: navigator.locks,
    origin: location.origin,
    keys: config.outboxKeys,
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    timer: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    online: () => navigator.onLine,
    user: host.userSpace,
    token: (refused) => host.token(config, refused),
    emit: teller(config, host, waiting),
    room: async () => {
      for (const name of await caches.keys()) if (/^offing-(run|user)-/.test(name)) await caches.delete(name);
    },
    sync: askForSync,
  });
}

export function outbox(config: Config, host: Host): OutboxHost {
  const { precache } = host;
  const find = rulesOf(config);
  const waiting: Waiting = new Map();
  const box = open(config, host, waiting);

  async function page(path: string): Promise<Response> {
    const key = precache.keyFor(new URL(path, location.href), true);
    return ((key && (await precache.match(key))) || fetch(path)) as Promise<Response>;
  }

  onSync(box.drain);
  void box.drain();
  return {
    drain: box.drain,
    answer(event, url) {
      if (url.origin === location.origin && url.pathname === QUEUED_PATH) return queuedPage(url, box, page);
      const rule = find(event.request, url);
      if (!rule) return undefined;
      const answered = claim(event, url, rule, box, waiting);
      event.waitUntil(answered.then(() => box.drain()));
      return answered;
    },
    async call(name: OutboxCall, args: unknown[]): Promise<WorkerMessage> {
      try {
        return { offing: 'outbox', value: await (box[name] as (...args: unknown[]) => Promise<unknown>)(...args) };
      } catch (error) {
        const { name, message } = error as Error;
        return { offing: 'outbox', error: { name, message } };
      }
    },
    async leave(pending: Pending | undefined) {
      if (pending === 'flush') await box.flush();
      if (pending === 'discard') for (const { id } of await box.entries()) await box.discard(id);
    },
  };
}
