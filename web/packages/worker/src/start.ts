// Wires the parts to the events of a service worker.
import {
  type Config,
  Folding,
  matchResource,
  operationFor,
  type PageMessage,
  parsePosition,
  PRECACHE_PREFIX,
  relate,
  type WorkerMessage,
} from '@offing/protocol';
import { Control } from './control.ts';
import { end } from './end.ts';
import { answer, load, type Parts } from './fetch.ts';
import { KeepAlive } from './keep-alive.ts';
import { hear } from './lifecycle-messages.ts';
import { Tabs } from './lifecycle-tabs.ts';
import { Lifecycle } from './lifecycle.ts';
import { LiveCache } from './live-cache.ts';
import { Live } from './live.ts';
import { recall, remember, silence } from './memory.ts';
import type { FoldHost, OutboxHost, PartMakers, SharedHost } from './parts.ts';
import { Precache } from './precache.ts';
import { Presence } from './presence.ts';
import { cut } from './range.ts';
import { note, report } from './report.ts';
import { socket } from './socket.ts';
import { STATE_PATH, statePage } from './state-page.ts';
import { fetchOwn, token } from './token.ts';
import { guard, logout, putFor, userSpace } from './user.ts';

declare const self: ServiceWorkerGlobalScope;

const send = async (message: WorkerMessage): Promise<number> => {
  if (message.offing === 'error') void note(message);
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const window of windows) window.postMessage(message);
  return windows.length;
};

// What parts use of the core.
const fold: FoldHost = { Folding, LiveCache, matchResource, operationFor, parsePosition, relate };
const shared: SharedHost = { load, cut, userSpace, putFor, recall, remember, send, token, ...fold };

function liveOf(config: Config, presence: Presence, control: Control, outbox: () => OutboxHost | undefined): Live {
  return new Live(config, {
    cache: new LiveCache(caches),
    lock: async (name, run) => {
      await navigator.locks.request(name, run);
    },
    fetch: (path, init, own) => (own ? fetchOwn(config, path, init) : fetch(path, init)),
    guard,
    user: userSpace,
    token: (refused) => token(config, refused),
    updated: (url, position, added, reset) => {
      void send({ offing: 'update', url, position, added, reset });
      void outbox()?.show(url);
    },
    connection: (connection) => socket(config, connection),
    state: (id) => {
      if (id) void outbox()?.drain(true);
      void presence.set(id);
    },
    report: (code, detail) => void send({ offing: 'error', code, detail }),
    control: (word) => void control.hear(word),
  });
}

// A file for a tab that was open when this version took over, of the tab's own version. undefined: it is none.
function ofTab(event: FetchEvent, tabs: Tabs, parts: Parts): Promise<Response> | undefined {
  const { request, clientId } = event;
  const sought = tabs.ready ? tabs.of(clientId) : request.destination;
  const file = request.method === 'GET' && request.mode !== 'navigate' && !request.headers.has('Range');
  if (!sought || !file || new URL(request.url).origin !== location.origin) return undefined;
  return tabs.loaded.then(async () => {
    const manifest = tabs.of(clientId);
    const old = manifest
      ? caches.match(request.url, { cacheName: PRECACHE_PREFIX + manifest, ignoreVary: true }).catch(() => undefined)
      : undefined;
    return (await old) ?? answer(event, parts) ?? fetch(request);
  });
}

// Navigations begin before the worker has started; one that fails says that the server may be away. Chromium complains of a
// preload that is not waited for, whoever answers.
function begin({ preload }: Config, control: Control, lifecycle: Lifecycle): void {
  self.addEventListener('install', (event) => event.waitUntil(lifecycle.install().then(() => control.obey())));
  self.addEventListener('activate', (event) => event.waitUntil(lifecycle.activate()));
  self.addEventListener('activate', (event) => {
    event.waitUntil(self.registration.navigationPreload?.[preload ? 'enable' : 'disable']());
  });
  self.addEventListener('fetch', (event) => {
    const failed = (): void => control.doubt();
    const early = Promise.resolve(event.preloadResponse as Promise<Response | undefined>);
    event.waitUntil(early.then((found) => found?.type === 'error' && failed(), failed));
  });
}

function keepAliveOf(live: Live, presence: Presence, tabs: Tabs): KeepAlive {
  return new KeepAlive({
    windows: () => {
      presence.beat();
      void tabs.clean();
      return send({ offing: 'pulse' });
    },
    empty: () => live.sleep(),
  });
}

// Adds the listeners. To be called while the script runs for the first time, as browsers demand.
export function start(config: Config, makers: PartMakers = {}): void {
  const precache = new Precache(config, caches, (url, init) => fetch(url, init));
  const presence = new Presence((state) => void send(state));
  const tabs = new Tabs(config.manifest);
  const versions = new BroadcastChannel('offing');
  const retire = (): void => versions.postMessage('retire');
  const lifecycle = new Lifecycle(config, { precache, tabs, send, retire });
  const control = new Control({ off, on });
  const live = liveOf(config, presence, control, () => outbox);
  const routes = makers.routes?.(config, { precache, ...shared });
  const outbox = makers.outbox?.(config, { precache, ...shared });
  const parts: Parts = { precache, live, newer: tabs, routes, preload: config.preload };
  const tell = () => report(config, presence.state);
  const keepAlive = keepAliveOf(live, presence, tabs);
  versions.onmessage = () => keepAlive.retire();
  let ended = false;
  let ending: Promise<void> | undefined;

  // The server has switched the workers off.
  function off(): Promise<void> {
    silence((ended = true));
    live.sleep();
    keepAlive.retire();
    return (ending ??= end().finally(() => (ending = undefined)));
  }

  // Also back on: a browser may bring a worker back that was to go, if a page asks for one while another is still open.
  async function on(required: string): Promise<void> {
    silence((ended = false));
    if (required) await lifecycle.require(required);
  }

  begin(config, control, lifecycle);
  self.addEventListener('fetch', (event) => {
    if (ended) return;
    if (event.request.mode === 'navigate') tabs.claim(event.resultingClientId);
    const url = new URL(event.request.url);
    const response =
      logout(config.logout, event.request, () => load(event, event.request), live) ??
      (url.pathname === STATE_PATH ? tell().then((found) => statePage(found, url.search === '?json')) : undefined) ??
      outbox?.answer(event, url) ??
      ofTab(event, tabs, parts) ??
      answer(event, parts);
    if (response) event.respondWith(response);
  });
  self.addEventListener('message', (event) => {
    const message = event.data as PageMessage | { type?: unknown } | null;
    if (typeof message !== 'object' || !message) return;
    const reply = (answered: WorkerMessage): void => (event.ports[0] ?? event.source)?.postMessage(answered);
    const act = async (): Promise<void> => {
      if (ended) await control.check(true);
      if (ended) return;
      if (!('offing' in message)) return message.type === 'SKIP_WAITING' ? lifecycle.takeOver() : undefined;
      if (message.offing === 'ping') keepAlive.hold(event);
      await hear(message, { config, control, lifecycle, live, presence, tabs, outbox, tell, reply });
    };
    event.waitUntil(act());
  });
  void control.check();
}
