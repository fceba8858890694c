// The same requests through Workbox's strategies and through ours, with one plugin watching both.
import './browser.ts';
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { BroadcastUpdatePlugin as WorkboxBroadcast } from 'workbox-broadcast-update';
import { CacheableResponsePlugin as WorkboxCacheable } from 'workbox-cacheable-response';
import { ExpirationPlugin as WorkboxExpiration } from 'workbox-expiration';
import * as workbox from 'workbox-strategies';
import * as ours from '../src/strategies/classes.ts';
import type { Plugin } from '../src/strategies/plugin.ts';
import { BroadcastUpdatePlugin, CacheableResponsePlugin, ExpirationPlugin } from '../src/strategies/plugins.ts';
import { get, Stage } from './stage.ts';

class FakeFetchEvent {
  readonly stage: Stage;
  readonly request: Request;
  constructor(stage: Stage, request: Request) {
    this.stage = stage;
    this.request = request;
  }
  waitUntil(promise: Promise<unknown>): void {
    this.stage.under.push(promise);
  }
}

interface Strategic {
  cacheName: string;
  handleAll(options: object): [Promise<Response>, Promise<void>];
}

const NAMES = ['CacheFirst', 'NetworkFirst', 'StaleWhileRevalidate', 'CacheOnly', 'NetworkOnly'] as const;
const HOOKS = [
  'handlerWillStart',
  'requestWillFetch',
  'fetchDidFail',
  'fetchDidSucceed',
  'cacheKeyWillBeUsed',
  'cachedResponseWillBeUsed',
  'cacheWillUpdate',
  'cacheDidUpdate',
  'handlerDidError',
  'handlerWillRespond',
  'handlerDidRespond',
  'handlerDidComplete',
] as const;

let tests = 0;
let stage: Stage;

beforeEach(() => {
  tests++;
  stage = new Stage();
  Object.assign(globalThis, {
    FetchEvent: FakeFetchEvent,
    ExtendableEvent: FakeFetchEvent,
    registration: { scope: '' },
  });
});
afterEach(() => mock.restoreAll());

// Notes each call with the names of its arguments, and hands on what it was given.
function watcher(calls: string[]): Plugin {
  const passed: Record<string, string> = {
    requestWillFetch: 'request',
    fetchDidSucceed: 'response',
    cacheKeyWillBeUsed: 'request',
    cachedResponseWillBeUsed: 'cachedResponse',
    cacheWillUpdate: 'response',
    handlerWillRespond: 'response',
  };
  return Object.fromEntries(
    HOOKS.map((name) => [
      name,
      async (given: Record<string, unknown>) => {
        const state = given['state'] as Record<string, number>;
        state['calls'] = (state['calls'] ?? 0) + 1;
        const mode = given['mode'] ? ` ${String(given['mode'])}` : '';
        calls.push(`${name}${mode} (${Object.keys(given).sort().join(' ')}) call ${state['calls']}`);
        return given[passed[name] ?? ''];
      },
    ]),
  );
}

async function handle(strategy: Strategic, request = get('/a')): Promise<string> {
  const [response, done] = strategy.handleAll({ event: new FakeFetchEvent(stage, request), request });
  const text = await response.then(
    (found) => found.text(),
    () => 'failed',
  );
  await done.catch(() => undefined);
  await stage.rest();
  return text;
}

const offline = (): never => {
  throw new TypeError('Failed to fetch');
};

for (const name of NAMES) {
  for (const cached of [true, false]) {
    for (const online of [true, false]) {
      const situation = `${cached ? 'a' : 'no'} copy and ${online ? 'a' : 'no'} network`;
      test(`with ${situation}, the plugins of ${name} see what they see in Workbox, in its order`, async () => {
        const seen = [];
        for (const [library, prefix] of [
          [workbox, ''],
          [ours, 'offing-run-'],
        ] as const) {
          const calls: string[] = [];
          const cacheName = `${prefix ? 'ours' : 'theirs'}-${tests}`;
          const strategy = new library[name]({ cacheName, plugins: [watcher(calls) as never] }) as unknown as Strategic;
          if (cached) await (await caches.open(prefix + cacheName)).put(get('/a'), new Response('copy'));
          stage.network = online ? () => new Response('from the network') : offline;
          seen.push([await handle(strategy), calls]);
        }
        assert.deepEqual(seen[1], seen[0]);
      });
    }
  }
}

test('Workbox’s own ExpirationPlugin works unchanged', async () => {
  const cacheName = `expiring-${tests}`;
  const plugin = new WorkboxExpiration({ maxEntries: 2 });
  const strategy = new ours.CacheFirst({ cacheName, plugins: [plugin as never] });
  for (const path of ['/1', '/2', '/3']) {
    await handle(strategy, get(path));
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.deepEqual(stage.urls(`offing-run-${cacheName}`), ['/2', '/3']);
});

test('Workbox’s own CacheableResponsePlugin works unchanged', async () => {
  const cacheName = `cacheable-${tests}`;
  const plugin = new WorkboxCacheable({ statuses: [200, 404] });
  const strategy = new ours.NetworkFirst({ cacheName, plugins: [plugin as never] });
  for (const status of [200, 404, 500]) {
    stage.network = () => new Response('', { status });
    await handle(strategy, get(`/${status}`));
  }
  assert.deepEqual(stage.urls(`offing-run-${cacheName}`), ['/200', '/404']);
});

test('Workbox’s own BroadcastUpdatePlugin works unchanged', async () => {
  const said: unknown[] = [];
  Object.assign(globalThis, {
    clients: { matchAll: async () => [{ postMessage: (message: unknown) => said.push(message) }] },
  });
  const plugin = new WorkboxBroadcast();
  const strategy = new ours.StaleWhileRevalidate({ cacheName: `broadcast-${tests}`, plugins: [plugin as never] });
  for (const etag of ['1', '1', '2']) {
    stage.network = () => new Response(etag, { headers: { ETag: etag } });
    await handle(strategy);
  }
  assert.deepEqual(
    said.map((message) => (message as { type: string }).type),
    ['CACHE_UPDATED'],
  );
});

test('ours by the same names: expiration, statuses, news', async () => {
  const cacheName = `named-${tests}`;
  const plugins = [
    new ExpirationPlugin({ maxEntries: 2, maxAgeSeconds: 60 }),
    new CacheableResponsePlugin({ statuses: [200, 404] }),
    new BroadcastUpdatePlugin(),
  ];
  const strategy = new ours.NetworkFirst({ cacheName, plugins });
  for (const [path, body, status] of [
    ['/1', 'a', 200],
    ['/2', 'a', 404],
    ['/3', 'a', 500],
    ['/3', 'a', 200],
    ['/3', 'b', 200],
  ] as const) {
    stage.network = () => new Response(body, { status });
    await handle(strategy, get(path));
  }
  assert.deepEqual(stage.urls(`offing-run-${cacheName}`), ['/2', '/3']);
  assert.deepEqual(stage.sent, [{ offing: 'changed', url: 'https://app.test/3', cache: `offing-run-${cacheName}` }]);
});

test('a strategy of one’s own uses the handler as Workbox’s do', async () => {
  class Race extends ours.Strategy {
    override async _handle(request: Request, handler: Parameters<ours.Strategy['_handle']>[1]) {
      const network = handler.fetchAndCachePut(request);
      return Promise.any([network, handler.cacheMatch(request).then((found) => found ?? network)]);
    }
  }
  const strategy = new Race({ cache: `race-${tests}` });
  assert.equal(await handle(strategy), 'from the network');
  stage.network = offline;
  assert.equal(await handle(strategy), 'from the network');
});
