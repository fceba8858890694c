// What the worker knows of itself, and the errors that it met: the last 50, kept across its stops.
import { type Config, LIVE_CACHE, POSITION_HEADER, type Report, type WorkerMessage } from '@offing/protocol';
import { recall, remember } from './memory.ts';
import type { State } from './presence.ts';
import { userSpace } from './user.ts';

const MAX_ERRORS = 50;
const KEY = 'errors';

let errors: Promise<Report['errors']> | undefined;

const known = (): Promise<Report['errors']> => (errors ??= recall<Report['errors']>(KEY).then((all = []) => all));

export async function note({ code, detail }: Extract<WorkerMessage, { offing: 'error' }>): Promise<void> {
  const all = await known();
  all.push({ at: Date.now(), code, detail });
  if (all.length > MAX_ERRORS) all.shift();
  await remember(KEY, all);
}

export async function report({ version, manifest, update = 'ask' }: Config, state?: State): Promise<Report> {
  const stores: Report['caches'] = [];
  const live: Report['live'] = {};
  for (const name of await caches.keys()) {
    if (!name.startsWith('offing-')) continue;
    const cache = await caches.open(name);
    const requests = await cache.keys();
    let bytes = 0;
    for (const request of requests) {
      const response = await cache.match(request, { ignoreVary: true });
      if (name === LIVE_CACHE) live[new URL(request.url).pathname] = response?.headers.get(POSITION_HEADER);
      bytes += (await response?.blob())?.size ?? 0;
    }
    stores.push({ name, entries: requests.length, bytes });
  }
  return {
    version,
    manifest,
    update,
    state,
    user: await userSpace(),
    control: await recall<never>('control'),
    caches: stores,
    live,
    errors: await known(),
  };
}
