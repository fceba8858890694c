// One request on its way through a strategy: its network, its cache, and the event that lives until all is done.
import { host } from './host.ts';
import { mayBeKept } from './judge.ts';
import { entryOf, keep, type Place } from './keep.ts';
import { type CacheRules, DEFAULT_CACHE, limitsOf } from './limits.ts';
import { touch } from './recency.ts';

export type Asking = Pick<FetchEvent, 'waitUntil'> & Partial<Pick<FetchEvent, 'preloadResponse'>>;

interface Found {
  key: Request;
  found: Response | undefined;
}

// A browser may hold one answer per URL (Chromium does): the second variant of a URL whose answers have a Vary header goes
// under a URL of its own, made of what it varies by.
async function find(cache: Cache, { url, headers }: Request, ignoreSearch?: boolean): Promise<Found> {
  const key = new Request(ignoreSearch ? url.replace(/\?.*/, '') : url, { headers });
  const found = await cache.match(key);
  const other = found ?? (await cache.match(key, { ignoreVary: true }));
  const vary = other?.headers.get('Vary');
  if (found || !vary) return { key, found };
  const own = new URL(key.url);
  own.searchParams.set('offing-vary', vary.split(/, */).map((name) => headers.get(name)) + '');
  const variant = new Request(own, { headers });
  return { key: variant, found: await cache.match(variant) };
}

export class Handling {
  readonly event: Asking;
  readonly rules: CacheRules;
  // undefined: nobody is logged in, so there is none.
  readonly place: Promise<Place | undefined>;

  constructor(event: Asking, rules: CacheRules) {
    this.event = event;
    this.rules = rules;
    this.place = this.#place(rules);
  }

  async #place(rules: CacheRules): Promise<Place | undefined> {
    const { cache = DEFAULT_CACHE, perUser } = rules;
    const limits = limitsOf(rules);
    const space = perUser ? await host.userSpace() : '';
    if (space === undefined) return undefined;
    return { name: `offing-${space ? `user-${space}` : 'run'}-${cache}`, limits, guard: host.putFor(space) };
  }

  // The event lasts until this is settled.
  hold(promise: Promise<unknown>): void {
    this.event.waitUntil(promise.catch(() => undefined));
  }

  // Whose answers are kept is settled before anybody is asked.
  async fetch(request: Request): Promise<Response> {
    await this.place;
    return host.load(this.event, request);
  }

  // `then` runs once the answer is stored.
  async fetchAndCachePut(request: Request, then?: () => Promise<unknown>): Promise<Response> {
    const response = await this.fetch(request);
    const stored = this.cachePut(request, response.clone());
    this.hold(stored.then((kept) => kept && then?.()));
    return response;
  }

  async cacheMatch(request: Request): Promise<Response | undefined> {
    const place = await this.place;
    if (!place) return undefined;
    const cache = await caches.open(place.name);
    const { key, found } = await find(cache, request, this.rules.ignoreSearch);
    if (!found) return undefined;
    const { age } = place.limits;
    if (age < Infinity && !((entryOf((await cache.keys(key))[0])[0] ?? 0) + age > Date.now())) return undefined;
    void touch(key.url);
    return found;
  }

  // Whether it was stored. `asked`: whatever its status.
  async cachePut(request: Request, response: Response, asked?: boolean): Promise<boolean> {
    const place = await this.place;
    try {
      if (!place || !mayBeKept(request, response, this.rules, asked)) return false;
      const { key } = await find(await caches.open(place.name), request, this.rules.ignoreSearch);
      return await keep(place, key, response);
    } catch (error) {
      host.send({ offing: 'error', code: 'cache', detail: `${request.url}: ${error}` });
      return false;
    } finally {
      // What nobody reads would be held in memory.
      if (!response.bodyUsed) void response.body?.cancel();
    }
  }
}
