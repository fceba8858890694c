// Wires the parts to the events of a service worker.
import { type Config, formatPosition, type PageMessage, type WorkerMessage } from '@offing/protocol';
import { answer } from './fetch.ts';
import { KeepAlive } from './keep-alive.ts';
import { LiveCache } from './live-cache.ts';
import { Live } from './live.ts';
import { NewerPages } from './newer-pages.ts';
import { Presence } from './presence.ts';
import { Precache } from './precache.ts';
import { socket } from './socket.ts';

declare const self: ServiceWorkerGlobalScope;

const send = async (message: WorkerMessage): Promise<number> => {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const window of windows) window.postMessage(message);
  return windows.length;
};

function liveOf(config: Config, presence: Presence): Live {
  return new Live(config, {
    cache: new LiveCache(caches),
    lock: async (name, run) => {
      await navigator.locks.request(name, run);
    },
    fetch: (path, init) => fetch(path, init),
    updated: (url, position, added, reset) => void send({ offing: 'update', url, position, added, reset }),
    connection: (connection) => socket(config, connection),
    state: (id) => presence.set(id),
    report: (code, detail) => void send({ offing: 'error', code, detail }),
  });
}

async function install(precache: Precache): Promise<void> {
  try {
    await precache.install();
  } catch (error) {
    await send({ offing: 'error', code: 'install', detail: String(error) });
    throw error;
  }
}

// Adds the listeners. To be called while the script runs for the first time, as browsers demand.
export function start(config: Config): void {
  const precache = new Precache(config, caches, (url, init) => fetch(url, init));
  const presence = new Presence(caches, (state) => void send(state));
  const live = liveOf(config, presence);
  const newer = new NewerPages();
  const keepAlive = new KeepAlive({
    windows: () => {
      presence.beat();
      return send({ offing: 'pulse' });
    },
    empty: () => live.sleep(),
  });
  const versions = new BroadcastChannel('offing');
  versions.onmessage = () => keepAlive.retire();

  self.addEventListener('install', (event) => event.waitUntil(install(precache)));
  self.addEventListener('activate', (event) => event.waitUntil(precache.activate().then(() => self.clients.claim())));
  self.addEventListener('fetch', (event) => {
    const response = answer(event, { precache, live, newer });
    if (response) event.respondWith(response);
  });
  self.addEventListener('message', (event) => {
    const message = event.data as PageMessage | { type?: unknown } | null;
    if (typeof message !== 'object' || !message) return;
    if ('offing' in message) return event.waitUntil(hear(message, event));
    if (message.type !== 'SKIP_WAITING') return;
    versions.postMessage('retire');
    event.waitUntil(self.skipWaiting());
  });

  async function hear(message: PageMessage, event: ExtendableMessageEvent): Promise<void> {
    const reply = (answered: WorkerMessage): void => event.source?.postMessage(answered);
    switch (message.offing) {
      case 'ping':
        keepAlive.hold(event);
        return live.wake(message.wake);
      case 'live': {
        const at = await live.show(message.url);
        if (at) reply({ offing: 'update', url: message.url, position: formatPosition(at), added: 0, reset: false });
        return;
      }
      case 'claim':
        return self.clients.claim();
      case 'state':
        if (presence.state) reply(presence.state);
    }
  }
}
