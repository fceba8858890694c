// The files of one deployment, all of them or none. Their cache carries the manifest's digest in its name and exists
// whole, or not at all once an installation has failed; a worker only ever reads the cache of its own manifest.
import { type Config, PRECACHE_PREFIX } from '@offing/protocol';

const PARALLEL = 6;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

// What a response says that it is. A proxy that compresses marks the tag: W/"REV", or "REV-gzip".
function revisionOf(response: Response): string | undefined {
  return /^(?:W\/)?"(\w+)(?:-\w+)?"$/.exec(response.headers.get('ETag') ?? '')?.[1];
}

export class Precache {
  readonly #caches: CacheStorage;
  readonly #fetch: Fetch;
  readonly #name: string;
  readonly #revisions: Map<string, string>;
  readonly #spa: string | undefined;

  constructor(config: Config, caches: CacheStorage, fetch: Fetch) {
    this.#caches = caches;
    this.#fetch = fetch;
    this.#name = PRECACHE_PREFIX + config.manifest;
    this.#revisions = new Map(config.precache);
    this.#spa = config.spa;
  }

  // The entry that answers for a URL of our own origin. A navigation means the page, whatever its query says.
  keyFor(url: URL, navigation: boolean): string | undefined {
    const key = (navigation ? url.pathname : url.pathname + url.search).replace(/\/index\.html$/, '/');
    return this.#revisions.get(key) ? key : undefined;
  }

  // The page that answers navigations to paths which nobody knows. A name with an extension is a file's.
  shellFor({ pathname }: URL): string | undefined {
    return /\/[^.]*$/.test(pathname) ? this.#spa : undefined;
  }

  // A cache that cannot be read holds nothing: the network may still have it.
  match(key: string): Promise<Response | undefined> {
    return this.#caches.match(key, { cacheName: this.#name, ignoreVary: true }).catch(() => undefined);
  }

  // The response is of another revision than the manifest's. One that does not say (no ETag) is taken for the same.
  isOther(key: string, response: Response): boolean {
    const found = revisionOf(response);
    return response.ok && found !== undefined && found !== this.#revisions.get(key);
  }

  // Rejects, and leaves nothing behind, unless every file was there with the content that the manifest says.
  async install(): Promise<void> {
    const before = await this.#caches.has(this.#name);
    const cache = await this.#caches.open(this.#name);
    const earlier = await Promise.all((await this.#ours()).map((name) => this.#caches.open(name)));
    const queue = [...this.#revisions];
    const failures: unknown[] = [];
    const lane = async (): Promise<void> => {
      for (let entry; !failures.length && (entry = queue.pop());) {
        await this.#add(cache, earlier, ...entry).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
    // Another version that was activated meanwhile has taken this cache for an old one.
    if (!(await this.#caches.has(this.#name))) failures.push(new Error('offing: the cache was deleted meanwhile'));
    if (!failures.length) return;
    // A cache that was there before may be the one that the active worker reads.
    if (!before) await this.#caches.delete(this.#name);
    throw failures[0];
  }

  // `keep`: the manifests of open tabs.
  async activate(keep = new Set<string>()): Promise<void> {
    const kept = (name: string): boolean => name === this.#name || keep.has(name.slice(PRECACHE_PREFIX.length));
    const others = (await this.#ours()).filter((name) => !kept(name));
    await Promise.all(others.map((name) => this.#caches.delete(name)));
  }

  async #ours(): Promise<string[]> {
    return (await this.#caches.keys()).filter((name) => name.startsWith(PRECACHE_PREFIX));
  }

  async #add(cache: Cache, earlier: Cache[], url: string, revision: string): Promise<void> {
    for (const candidate of earlier) {
      const response = await candidate.match(url, { ignoreVary: true });
      if (response && revisionOf(response) === revision) {
        return candidate === cache ? undefined : cache.put(url, response);
      }
    }
    const response = await this.#fetch(url, { cache: 'no-cache' });
    const { status, redirected } = response;
    const found = revisionOf(response);
    if (status === 200 && !redirected && (!revision || found === revision)) return cache.put(url, response);
    // What only an origin has, without a revision, is kept if it is there.
    if (revision) throw new Error(`offing: ${url} is not ${revision}: ${status}, ${found}, at ${response.url}`);
  }
}
