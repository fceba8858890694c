// The outbox in the worker: requests become entries, pages call it and hear of it, and whatever wakes the worker drains it.
import type { Config, Entry, EntryEvent, OutboxCall, Pending, WorkerMessage } from '@offing/protocol';
import { type Answered, openOutbox } from '@offing/outbox';
import type { Host, OutboxPart } from '../parts.ts';
import { claim, QUEUED_PATH, queuedPage, type Waiting } from './claim.ts';
import { rulesOf } from './rules.ts';
import { askForSync, onSync } from './sync.ts';

declare const self: ServiceWorkerGlobalScope;

const REPORTS = '/_offing/outbox/reports';
const JUDGED = ['sent', 'rejected', 'conflict'];
const REPORTED = ['rejected', 'conflict', 'expired', 'held', 'needs-auth'];

export function outbox(config: Config, host: Host): OutboxPart {
  const { precache, userSpace, token, send } = host;
  const find = rulesOf(config);
  const waiting: Waiting = new Map();

  async function report({ id, lane, url, method, state, problem, result }: Entry): Promise<void> {
    const bearer = await token(config);
    const entry = { id, lane, url, method, state, problem, status: result?.status, at: Date.now() };
    const headers = { 'Content-Type': 'application/json', ...(bearer && { Authorization: `Bearer ${bearer}` }) };
    await fetch(REPORTS, { method: 'POST', keepalive: true, headers, body: JSON.stringify({ entry }) });
  }

  async function emit(event: EntryEvent, entry: Entry, answered?: Answered): Promise<boolean> {
    const { id, notify } = entry as Entry & { notify?: string };
    const windows = await send({ offing: 'entry', event, entry });
    const waiters = waiting.get(id);
    if (answered && JUDGED.includes(event)) for (const tell of waiters ?? []) tell(answered);
    if (entry.problem === 'key-reused')
      send({ offing: 'error', code: 'outbox', detail: `${id}: the key was used for another request` });
    if (REPORTED.includes(event)) void report(entry).catch(() => undefined);
    if (event === 'sent' && notify && !waiters && Notification.permission === 'granted')
      await self.registration.showNotification(notify, { tag: id });
    if (event === 'sent' && windows) askForSync();
    return windows > 0;
  }

  const box = openOutbox({
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
    user: userSpace,
    token: (refused) => token(config, refused),
    emit,
    room: async () => {
      for (const name of await caches.keys()) if (/^offing-(run|user)-/.test(name)) await caches.delete(name);
    },
    sync: askForSync,
  });

  async function page(path: string): Promise<Response> {
    const key = precache.keyFor(new URL(path, location.href), true);
    return ((key && (await precache.match(key))) || fetch(path)) as Promise<Response>;
  }

  onSync(box.drain);
  void box.drain();
  return {
    drain: box.drain,
    answer(event, url) {
      const { request } = event;
      const ours = url.origin === location.origin;
      if (ours && url.pathname === QUEUED_PATH) return queuedPage(url, box, page);
      const rule = find(request, url);
      if (!rule) return undefined;
      const answered = claim(event, url, rule, box, waiting);
      event.waitUntil(answered.then(() => box.drain()));
      return answered;
    },
    async call(call: OutboxCall, args: unknown[]): Promise<WorkerMessage> {
      try {
        return { offing: 'outbox', value: await (box[call] as (...args: unknown[]) => Promise<unknown>)(...args) };
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
