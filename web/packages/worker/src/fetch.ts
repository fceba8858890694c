// Which requests the worker answers, and how (spec/worker.md, Strategies).
import type { Live } from './live.ts';
import type { Precache } from './precache.ts';

const PATIENCE_MS = 4_000;

// undefined: the request is none of ours and goes its way untouched.
export function answer(request: Request, precache: Precache, live: Live): Promise<Response> | undefined {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || request.headers.has('Range')) return undefined;
  const navigation = request.mode === 'navigate';
  const key = precache.keyFor(url, navigation);
  if (key !== undefined) {
    return navigation || /(\/|\.html)$/.test(key)
      ? networkFirst(request, precache, key)
      : cacheFirst(request, precache, key);
  }
  return !url.search && live.isLive(url.pathname) ? liveFirst(request, live, url.pathname) : undefined;
}

async function cacheFirst(request: Request, precache: Precache, key: string): Promise<Response> {
  return (await precache.match(key)) ?? fetch(request);
}

async function networkFirst(request: Request, precache: Precache, key: string): Promise<Response> {
  const network = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
  const response = await Promise.race([network, late]).catch(() => undefined);
  return response ?? (await precache.match(key)) ?? network;
}

async function liveFirst(request: Request, live: Live, path: string): Promise<Response> {
  return (await live.response(path)) ?? fetch(request);
}
