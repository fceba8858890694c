// A browser's CacheStorage, as much of it as the runtime uses. It outlives workers; a put is whole or not at all, as in browsers. With
// `partCursor`, a put keeps the position that the copy had before: what happens if body and position could part.
const POSITION = 'Offing-Position';

const keyOf = (asked, origin, ignoreSearch) => {
  const url = new URL(typeof asked === 'string' || asked instanceof URL ? asked : asked.url, origin);
  if (ignoreSearch) url.search = '';
  url.hash = '';
  return url.href;
};

class MemoryCache {
  #entries = new Map();
  #origin;
  #partCursor;

  constructor(origin, partCursor) {
    this.#origin = origin;
    this.#partCursor = partCursor;
  }

  async put(request, response) {
    const body = await response.arrayBuffer();
    const key = keyOf(request, this.#origin);
    const headers = new Headers(response.headers);
    const before = this.#entries.get(key)?.headers.get(POSITION);
    if (this.#partCursor && before && headers.has(POSITION)) headers.set(POSITION, before);
    this.#entries.delete(key);
    this.#entries.set(key, { status: response.status, headers, body });
  }

  async match(request, { ignoreSearch = false } = {}) {
    const wanted = keyOf(request, this.#origin, ignoreSearch);
    for (const [key, { status, headers, body }] of this.#entries) {
      if (keyOf(key, this.#origin, ignoreSearch) === wanted) return new Response(body.slice(0), { status, headers });
    }
    return undefined;
  }

  async matchAll() {
    return Promise.all((await this.keys()).map((request) => this.match(request)));
  }

  async delete(request) {
    return this.#entries.delete(keyOf(request, this.#origin));
  }

  async keys() {
    return [...this.#entries.keys()].map((url) => new Request(url));
  }
}

export class MemoryCaches {
  #caches = new Map();
  #origin;
  #partCursor;

  constructor(origin, { partCursor = false } = {}) {
    this.#origin = origin;
    this.#partCursor = partCursor;
  }

  async open(name) {
    if (!this.#caches.has(name)) this.#caches.set(name, new MemoryCache(this.#origin, this.#partCursor));
    return this.#caches.get(name);
  }

  async has(name) {
    return this.#caches.has(name);
  }

  async delete(name) {
    return this.#caches.delete(name);
  }

  async keys() {
    return [...this.#caches.keys()];
  }

  async match(request, { cacheName, ...options } = {}) {
    for (const [name, cache] of this.#caches) {
      if (cacheName !== undefined && name !== cacheName) continue;
      const found = await cache.match(request, options);
      if (found) return found;
    }
    return undefined;
  }
}
