// Which files the open tabs were made of. A tab that was open when a new version took over goes on with the files of its
// own version, so a part that it loads late is still there; and a page that came from the network newer than the
// precache goes on with the network. Known by the browser's client ids and kept across the worker's stops; a tab that has
// gone is forgotten, and the files of a version go with its last tab.
import { PRECACHE_PREFIX } from '@offing/protocol';
import type { NewerHost } from './fetch.ts';
import { recall, remember } from './memory.ts';

declare const self: ServiceWorkerGlobalScope;

const KEY = 'tabs';
const NEWER = '';
const PATIENCE_MS = 3_000;
const MAX_TABS = 500;

// The manifest in use, and which tabs are of others.
type Stored = [current: string, others: [client: string, manifest: string][]];

const openClients = async (): Promise<string[]> =>
  (await self.clients.matchAll({ type: 'all', includeUncontrolled: true })).map(({ id }) => id);

export class Tabs implements NewerHost {
  ready = false;
  readonly #manifest: string;
  #others = new Map<string, string>();
  readonly #own = new Set<string>(); // of pages that were loaded through us before we were the version in use
  #set = (): void => undefined;
  readonly #loaded = new Promise<void>((resolve) => (this.#set = resolve));

  constructor(manifest: string) {
    this.#manifest = manifest;
    // Browsers may hand over requests before the activation has begun.
    void this.#load().then((current) => current === manifest && this.#done());
  }

  // Until it is known which tabs there are; not for long.
  get loaded(): Promise<unknown> {
    return Promise.race([this.#loaded, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  }

  // The manifest that the tab's files are of; NEWER: of one that we do not know; undefined: the one in use.
  of(client: string): string | undefined {
    return this.#others.get(client);
  }

  has(client: string): boolean {
    return this.of(client) === NEWER;
  }

  // The tab's page came from the network and is newer than the precache.
  add(client: string): void {
    if (this.#others.size > MAX_TABS) this.#others.clear();
    this.#others.set(client, NEWER);
    this.#save();
  }

  // The tab is loaded through us, so it is of our version unless add() says otherwise.
  claim(client: string): void {
    if (!this.ready) this.#own.add(client);
    if (this.#others.delete(client)) this.#save();
  }

  // Our version is the one in use from now on: whoever is there belongs to the one before. Answers the manifests whose files are still needed.
  async activate(): Promise<Set<string>> {
    const before = await this.#load();
    const open = await openClients();
    const old =
      before && before !== this.#manifest
        ? open.filter((client) => !this.#others.has(client) && !this.#own.has(client))
        : [];
    this.#others = new Map([...this.#others].filter(([client]) => open.includes(client)));
    for (const client of old) this.#others.set(client, before);
    this.#save();
    this.#done();
    return new Set(this.#others.values());
  }

  // Forgets the tabs that were closed, and deletes the files that no tab needs any more; not while another version waits,
  // which may be one that was here before.
  async clean(): Promise<void> {
    if (!this.ready) return;
    const open = await openClients();
    const names = await caches.keys();
    const { waiting, installing } = self.registration;
    if (waiting || installing) return;
    let gone = false;
    for (const [client, manifest] of this.#others) {
      if (manifest && !open.includes(client)) gone = this.#others.delete(client);
    }
    if (gone) this.#save();
    const kept = [this.#manifest, ...this.#others.values()].map((manifest) => PRECACHE_PREFIX + manifest);
    for (const name of names) if (name.startsWith(PRECACHE_PREFIX) && !kept.includes(name)) await caches.delete(name);
  }

  async #load(): Promise<string> {
    const [current = '', others = []] = (await recall<Stored>(KEY)) ?? [];
    this.#others = new Map([...others, ...this.#others]);
    return current;
  }

  #done(): void {
    this.ready = true;
    this.#set();
  }

  #save(): void {
    void remember(KEY, [this.#manifest, [...this.#others]] satisfies Stored);
  }
}
