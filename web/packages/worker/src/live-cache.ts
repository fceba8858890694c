// The cached copies of live resources. A copy and its position are one response, stored by one put: no kill parts them.
import {
  byteLength,
  type Copy as FoldCopy,
  formatPosition,
  type Json,
  LIVE_CACHE,
  parseData,
  parsePosition,
  type Position,
  POSITION_HEADER,
} from '@offing/protocol';

// A copy, which rules it was folded by, whose writes it holds, and when it was last asked for whole.
export interface Copy extends FoldCopy {
  definition: string;
  keys: string; // of the last events that were folded in, percent-encoded, with spaces between them
  fetched: string; // ms since 1970
}

export const DEFINITION_HEADER = 'Offing-Definition';
const KEYS_HEADER = 'Offing-Keys';
const FETCHED_HEADER = 'Offing-Fetched';

const definitionOf = (response: Response): string => response.headers.get(DEFINITION_HEADER) ?? '';

const positionOf = (response: Response | undefined): Position | undefined =>
  parsePosition(response?.headers.get(POSITION_HEADER));

export class LiveCache {
  readonly #caches: CacheStorage;

  constructor(caches: CacheStorage) {
    this.#caches = caches;
  }

  // Paths, in the order in which they were last stored as far as the browser keeps it.
  async paths(): Promise<string[]> {
    return (await (await this.#open()).keys()).map((request) => new URL(request.url).pathname);
  }

  response(path: string): Promise<Response | undefined> {
    return this.#caches.match(path, { cacheName: LIVE_CACHE, ignoreVary: true });
  }

  async definition(path: string): Promise<string | undefined> {
    const response = await this.response(path);
    return response && definitionOf(response);
  }

  async position(path: string): Promise<Position | undefined> {
    return positionOf(await this.response(path));
  }

  // undefined also for a copy that cannot be read any more.
  async read(path: string): Promise<Copy | undefined> {
    const response = await this.response(path);
    const position = positionOf(response);
    if (!response || !position) return undefined;
    try {
      const text = (name: string): string => response.headers.get(name) ?? '';
      const value = (await response.json()) as Json;
      return {
        position,
        value,
        definition: definitionOf(response),
        keys: text(KEYS_HEADER),
        fetched: text(FETCHED_HEADER),
      };
    } catch {
      return undefined;
    }
  }

  // `own`: the copy is one user's.
  async write(path: string, copy: Copy, own?: boolean): Promise<void> {
    // No ETag: what is patched here is not what a server's tag stands for, and must not be confirmed by it.
    const headers = {
      'Content-Type': 'application/json',
      'Cache-Control': own ? 'private, no-cache' : 'no-cache',
      [DEFINITION_HEADER]: copy.definition,
      [POSITION_HEADER]: formatPosition(copy.position),
      [KEYS_HEADER]: copy.keys,
      [FETCHED_HEADER]: copy.fetched,
    };
    await (await this.#open()).put(path, new Response(JSON.stringify(copy.value), { headers }));
  }

  // Stores what the server answered. undefined, and nothing is stored, if that is no live resource, or one that could
  // not be patched: over the limit, or JSON that parsers read differently; or if `put` did not run what it was given.
  // `asked`: when.
  async adopt(
    path: string,
    response: Response,
    maxBytes = Infinity,
    put = async (write: () => Promise<void>): Promise<unknown> => (await write(), true),
    own?: boolean,
    asked = 0,
  ): Promise<Position | undefined> {
    const position = positionOf(response);
    const type = response.headers.get('Content-Type') ?? '';
    if (response.status !== 200 || response.redirected || !position || !/^application\/json\b/i.test(type))
      return undefined;
    // Read to its end first: a body that breaks off is an error and not a copy.
    const text = await response.text();
    const { value } = parseData(text);
    if (value === text || byteLength(value) > maxBytes) return undefined;
    const copy: Copy = { value, position, definition: definitionOf(response), keys: '', fetched: `${asked}` };
    return (await put(() => this.write(path, copy, own))) ? position : undefined;
  }

  async delete(path: string): Promise<void> {
    await (await this.#open()).delete(path, { ignoreVary: true });
  }

  #open(): Promise<Cache> {
    return this.#caches.open(LIVE_CACHE);
  }
}
