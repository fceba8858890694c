// Which requests the worker answers, and how (spec/worker.md, Strategies).
import type { Live } from './live.ts';
import type { Tabs } from './lifecycle-tabs.ts';
import type { Precache } from './precache.ts';

const PATIENCE_MS = 4_000;
// What a proxy says for a server that is away.
const AWAY = [502, 503, 504];

export interface Parts {
  precache: Precache;
  live: Live;
  newer: Pick<Tabs, 'add' | 'has'>; // pages that came from the network newer than the precache
}

// What is read of a FetchEvent.
export type Asked = Pick<FetchEvent, 'request' | 'clientId' | 'resultingClientId'>;

// undefined: the request is none of ours and goes its way untouched.
export function answer(event: Asked, parts: Parts): Promise<Response> | undefined {
  const { request } = event;
  const { precache, live } = parts;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || request.headers.has('Range')) return undefined;
  const navigation = request.mode === 'navigate';
  const key = precache.keyFor(url, navigation);
  if (key === undefined) {
    return !url.search && live.isLive(url.pathname) ? liveFirst(request, live, url.pathname) : undefined;
  }
  if (navigation) return page(event, parts, key);
  return /(\/|\.html)$/.test(key) || parts.newer.has(event.clientId)
    ? networkFirst(request, precache, key)
    : cacheFirst(request, precache, key);
}

async function page(event: Asked, { precache, newer }: Parts, key: string): Promise<Response> {
  const response = await networkFirst(event.request, precache, key);
  if (event.resultingClientId && precache.isOther(key, response)) newer.add(event.resultingClientId);
  return response;
}

async function cacheFirst(request: Request, precache: Precache, key: string): Promise<Response> {
  return (await precache.match(key)) ?? fetch(request);
}

async function networkFirst(request: Request, precache: Precache, key: string): Promise<Response> {
  const network = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
  const response = await Promise.race([network, late]).catch(() => undefined);
  if (response && !AWAY.includes(response.status)) return response;
  return (await precache.match(key)) ?? network;
}

async function liveFirst(request: Request, live: Live, path: string): Promise<Response> {
  return (await live.response(path).catch(() => undefined)) ?? fetch(request);
}
