// One version of the worker from its installation to the moment when it takes over. A later version than the first waits until it is
// told to go on (UpdateMode says by whom), and then says so to the pages, each of which reloads once.
import {
  type Config,
  HOLD_LOCK,
  LIVE_CACHE,
  matchResource,
  PRECACHE_PREFIX,
  type UpdateMode,
  type WorkerMessage,
} from '@offing/protocol';
import type { Precache } from './precache.ts';
import type { Tabs } from './lifecycle-tabs.ts';

declare const self: ServiceWorkerGlobalScope;

export interface LifecycleHost {
  precache: Precache;
  tabs: Tabs;
  send(message: WorkerMessage): Promise<unknown>;
  retire(): void; // has the version before let go of the events that it holds open
}

// Somebody sees a page, or has asked (holdUpdate) not to be disturbed.
async function noticed(): Promise<boolean> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const { held = [] } = await navigator.locks.query();
  return windows.some((window) => window.visibilityState !== 'hidden') || held.some(({ name }) => name === HOLD_LOCK);
}

export class Lifecycle {
  readonly #config: Config;
  readonly #host: LifecycleHost;
  #installed = false;
  #mode: UpdateMode | undefined;

  constructor(config: Config, host: LifecycleHost) {
    this.#config = config;
    this.#host = host;
  }

  async install(): Promise<void> {
    try {
      await this.#host.precache.install();
      this.#installed = true;
    } catch (error) {
      await this.#host.send({ offing: 'error', code: 'install', detail: String(error) });
      throw error;
    }
  }

  async activate(): Promise<void> {
    const { precache, tabs, send } = this.#host;
    await precache.activate(await tabs.activate());
    await self.clients.claim();
    const mode = this.#mode;
    if (mode) await send({ offing: 'reload', forced: mode === 'forced', mode, version: this.#config.manifest });
    // Copies of resources that the configuration does not have any more.
    const live = await caches.open(LIVE_CACHE);
    for (const request of await live.keys()) {
      if (!matchResource(this.#config, new URL(request.url).pathname)) await live.delete(request, { ignoreVary: true });
    }
  }

  // A worker whose files the browser has taken away gets them again.
  async heal(): Promise<void> {
    if (!(await caches.has(PRECACHE_PREFIX + this.#config.manifest))) await this.#host.precache.install();
  }

  // Ends the waiting. Without a mode the pages are not told. The version in use has nothing to take over.
  async takeOver(mode?: UpdateMode): Promise<void> {
    if (mode === 'quiet' && (await noticed())) return;
    if (self.registration.active) this.#mode = mode;
    this.#host.retire();
    await self.skipWaiting();
  }

  // The server requires `manifest`.
  async require(manifest: string): Promise<void> {
    if (manifest === this.#config.manifest) return this.#installed ? this.takeOver('forced') : undefined;
    await self.registration.update();
    self.registration.waiting?.postMessage({ offing: 'update', mode: 'forced' });
  }
}
