// What a strategy sees of a browser: caches that keep request headers and heed Vary, one event, a network that the test plays.
import { mock } from 'node:test';
import type { Host } from '../src/parts.ts';
import { load } from '../src/fetch.ts';
import { cut } from '../src/range.ts';
import { host } from '../src/strategies/host.ts';

export const ORIGIN = 'https://app.test';

interface Entry {
  request: Request;
  body: ArrayBuffer;
  init: ResponseInit;
  type: ResponseType;
}

const of = (input: RequestInfo | URL): Request =>
  input instanceof Request ? input : new Request(new URL(String(input), ORIGIN));

// node-style responses have no type of their own.
export function typed(response: Response, type: ResponseType): Response {
  Object.defineProperty(response, 'type', { value: type });
  if (type === 'opaque') Object.defineProperty(response, 'status', { value: 0 });
  response.clone = () => typed(Response.prototype.clone.call(response), type);
  return response;
}

export class StageCache {
  entries: Entry[] = [];
  readonly stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  #fits(entry: Entry, request: Request, options: CacheQueryOptions = {}): boolean {
    const strip = (url: string): string => (options.ignoreSearch ? url.replace(/\?.*/, '') : url);
    if (strip(entry.request.url) !== strip(request.url)) return false;
    const vary = new Headers(entry.init.headers).get('Vary');
    if (!vary || options.ignoreVary) return true;
    return vary.split(',').every((name) => entry.request.headers.get(name.trim()) === request.headers.get(name.trim()));
  }

  async put(input: RequestInfo | URL, response: Response): Promise<void> {
    const request = of(input);
    if (response.status === 206) throw new TypeError('206');
    const body = await response.arrayBuffer();
    // As Chromium does it: one answer per URL.
    const others = this.entries.filter((entry) => entry.request.url !== request.url);
    const bytes =
      this.stage.bytes() -
      this.entries.filter((each) => !others.includes(each)).reduce((n, e) => n + e.body.byteLength, 0);
    if (bytes + body.byteLength > this.stage.quota)
      throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
    const { status, statusText, headers, type } = response;
    this.entries = [
      ...others,
      { request, body, init: { status: status || 200, statusText, headers: [...headers] as never }, type },
    ];
  }

  async match(input: RequestInfo | URL, options?: CacheQueryOptions): Promise<Response | undefined> {
    const found = this.entries.find((entry) => this.#fits(entry, of(input), options));
    return found && typed(new Response(found.body.byteLength ? found.body : null, found.init), found.type);
  }

  async delete(input: RequestInfo | URL, options?: CacheQueryOptions): Promise<boolean> {
    const before = this.entries.length;
    this.entries = this.entries.filter((entry) => !this.#fits(entry, of(input), options));
    return this.entries.length < before;
  }

  async keys(input?: RequestInfo | URL, options?: CacheQueryOptions): Promise<Request[]> {
    return this.entries
      .filter((entry) => !input || this.#fits(entry, of(input), options))
      .map(({ request }) => request);
  }
}

export class Stage {
  readonly stores = new Map<string, StageCache>();
  readonly asked: Request[] = [];
  readonly sent: object[] = [];
  readonly memory = new Map<string, unknown>();
  readonly under: Promise<unknown>[] = []; // what events wait for
  quota = Infinity;
  space: string | undefined;
  network: (request: Request) => Response | Promise<Response> = () => new Response('from the network');

  constructor() {
    const open = async (name: string): Promise<StageCache> => {
      const found = this.stores.get(name) ?? new StageCache(this);
      this.stores.set(name, found);
      return found;
    };
    const match = async (input: RequestInfo, options: MultiCacheQueryOptions = {}): Promise<Response | undefined> =>
      this.stores.get(options.cacheName ?? '')?.match(input, options);
    const storage = {
      open,
      match,
      has: async (name: string) => this.stores.has(name),
      keys: async () => [...this.stores.keys()],
      delete: async (name: string) => this.stores.delete(name),
    };
    globalThis.location = { origin: ORIGIN, href: `${ORIGIN}/sw.js` } as typeof globalThis.location;
    Object.assign(globalThis, { caches: storage, self: globalThis });
    mock.method(globalThis, 'fetch', async (input: RequestInfo) => {
      const request = of(input);
      this.asked.push(request);
      return this.network(request);
    });
    const given: Partial<Host> = {
      load,
      cut,
      userSpace: async () => this.space,
      putFor: (space) => async (put) => {
        if (space && space !== this.space) return false;
        await put();
        return true;
      },
      recall: async <Value>(key: string) => this.memory.get(key) as Value | undefined,
      remember: async (key, value) => void this.memory.set(key, value),
      send: async (message) => this.sent.push(message),
      token: async () => '',
    };
    Object.assign(host, given);
  }

  event(more: object = {}): FetchEvent {
    return { waitUntil: (promise: Promise<unknown>) => this.under.push(promise), ...more } as unknown as FetchEvent;
  }

  // Until no event waits for anything.
  async rest(): Promise<void> {
    for (let one; (one = this.under.shift());) await one.catch(() => undefined);
  }

  bytes(): number {
    return [...this.stores.values()]
      .flatMap(({ entries }) => entries)
      .reduce((sum, { body }) => sum + body.byteLength, 0);
  }

  urls(cache: string): string[] {
    return (this.stores.get(cache)?.entries ?? []).map(({ request }) => request.url.replace(ORIGIN, ''));
  }
}

export function get(
  path: string,
  init: RequestInit = {},
  about: { destination?: string; mode?: string } = {},
): Request {
  const request = new Request(new URL(path, ORIGIN), init);
  for (const [name, value] of Object.entries(about)) Object.defineProperty(request, name, { value });
  return request;
}
