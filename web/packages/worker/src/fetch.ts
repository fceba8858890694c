// Which requests the worker answers, and how (spec/worker.md, Strategies).
import type { Live } from './live.ts';
import type { RoutesPart } from './parts.ts';
import type { Precache } from './precache.ts';
import { cut } from './range.ts';

const PATIENCE_MS = 4_000;
// What a proxy says for a server that is away.
const AWAY = [502, 503, 504];

// Pages that came from the network newer than the precache.
export interface NewerHost {
  add(client: string): void;
  has(client: string): boolean;
}

export interface Parts {
  precache: Precache;
  live: Live;
  newer: NewerHost;
  routes?: RoutesPart | undefined;
  preload?: boolean | undefined; // of navigations
}

// The network's answer, which is under way already if this is a navigation that the browser has preloaded. Firefox answers a
// preload that failed with an error instead of failing.
export async function load(event: Partial<Pick<FetchEvent, 'preloadResponse'>>, request: Request): Promise<Response> {
  const early = request.mode === 'navigate' && ((await event.preloadResponse) as Response | undefined);
  return early && early.type !== 'error' ? early : fetch(request);
}

// undefined: the request is none of ours and goes its way untouched.
export function answer(event: FetchEvent, parts: Parts): Promise<Response> | undefined {
  const { request } = event;
  const { precache, live, routes, preload } = parts;
  const url = new URL(request.url);
  const ours = request.method === 'GET' && url.origin === location.origin;
  const navigation = request.mode === 'navigate';
  if (ours) {
    const key = precache.keyFor(url, navigation);
    if (key !== undefined) return file(event, parts, key);
    if (!url.search && live.isLive(url.pathname)) {
      return live
        .response(url.pathname)
        .catch(() => undefined)
        .then((found) => found ?? fetch(request));
    }
  }
  const routed = routes?.(event, url);
  if (routed || !navigation || !ours) return routed;
  const shell = precache.shellFor(url);
  if (shell) return file(event, parts, shell);
  // Left alone, the browser would throw away what it has preloaded and ask again.
  return preload ? load(event, request) : undefined;
}

// What is precached: pages network first, the rest cache first unless its page is newer.
async function file(event: FetchEvent, { precache, newer }: Parts, key: string): Promise<Response> {
  const { request, clientId, resultingClientId } = event;
  const stored = async (): Promise<Response | undefined> => {
    const found = await precache.match(key);
    return found && cut(request, found);
  };
  const navigation = request.mode === 'navigate';
  if (!navigation && !/(\/|\.html)$/.test(key) && !newer.has(clientId)) return (await stored()) ?? fetch(request);
  const network = load(event, request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
  let response = await Promise.race([network, late]).catch(() => undefined);
  if (!response || AWAY.includes(response.status)) response = (await stored()) ?? (await network);
  if (navigation && resultingClientId && precache.isOther(key, response)) newer.add(resultingClientId);
  return response;
}
