// The outbox in the worker: requests become entries, pages call it and hear of it, and whatever wakes the worker drains it.
import type { Config, EntryPatch, EntryPost, Json, OutboxCall, Pending, WorkerMessage } from '@offing/protocol';
import { openOutbox, type Outbox, type Terms } from '@offing/outbox';
import type { Host, OutboxHost } from '../parts.ts';
import { claim, QUEUED_PATH, queuedPage, type Waiting } from './claim.ts';
import { CHANNEL, Patches } from './patches.ts';
import { rulesOf } from './rules.ts';
import { askForSync, onSync } from './sync.ts';
import { teller } from './tell.ts';

function open(config: Config, host: Host, waiting: Waiting, changed: () => void): Outbox {
  const tell = teller(config, host, waiting);
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
    emit: (event, entry, answered) => {
      if (entry.patch) changed();
      return tell(event, entry, answered);
    },
    room: async () => {
      for (const name of await caches.keys()) if (/^offing-(run|user)-/.test(name)) await caches.delete(name);
    },
    sync: askForSync,
  });
}

// What is published to a channel is its own patch.
async function patchOf({ url, body }: EntryPost): Promise<EntryPatch | undefined> {
  const [, channel] = /\/_offing\/channels\/([^/]+)\/events$/.exec(url) ?? [];
  if (!channel || !body) return undefined;
  const { name, data } = (await new Response(body).json().catch(() => ({}))) as { name?: string; data: Json };
  return name ? { resource: CHANNEL + decodeURIComponent(channel), event: name, data } : undefined;
}

export function outbox(config: Config, host: Host): OutboxHost {
  const { precache } = host;
  const find = rulesOf(config);
  const waiting: Waiting = new Map();
  const box = open(config, host, waiting, () => void show());
  const { post } = box;
  const patches = new Patches(config, host, () => box.entries());
  const show = (path?: string): Promise<void> => (path ? patches.show(path) : patches.changed()).catch(() => undefined);
  box.post = async (given: EntryPost, terms?: Terms) =>
    post({ ...given, patch: given.patch ?? (await patchOf(given)) }, terms);

  async function page(path: string): Promise<Response> {
    const key = precache.keyFor(new URL(path, location.href), true);
    return ((key && (await precache.match(key))) || fetch(path)) as Promise<Response>;
  }

  onSync(box.drain);
  void box.drain();
  void show();
  return {
    show,
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
