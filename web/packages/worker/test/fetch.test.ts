import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Config } from '@offing/protocol';
import { answer } from '../src/fetch.ts';
import type { Live } from '../src/live.ts';
import { Precache } from '../src/precache.ts';
import { FakeCaches } from './fakes.ts';

const ORIGIN = 'https://app.test';
const caches = new FakeCaches();
const config: Config = {
  version: '',
  app: '',
  manifest: 'm',
  precache: [
    ['/', 'r'],
    ['/docs/', 'r'],
    ['/app.js', 'r'],
    ['/lost.js', 'r'],
  ],
  resources: [],
  maxBytes: 0,
};
const precache = new Precache(config, caches.storage, fetch);
const live = {
  isLive: (path: string) => path === '/feed.json' || path === '/new.json',
  response: async (path: string) => (path === '/feed.json' ? new Response('cached feed') : undefined),
} as unknown as Live;

let network: (request: Request) => Promise<Response>;
let asked: string[];
let newer: Set<string>;

beforeEach(() => {
  asked = [];
  newer = new Set();
  network = async () => new Response('from the network');
  globalThis.location = { origin: ORIGIN } as typeof globalThis.location;
  mock.method(globalThis, 'fetch', (request: Request) => (asked.push(request.url), network(request)));
  const store = caches.store('offing-precache-m');
  for (const path of ['/', '/docs/', '/app.js']) void store.put(ORIGIN + path, new Response(`cached ${path}`));
});
afterEach(() => mock.restoreAll());

const get = (path: string, mode = 'cors', rest: Partial<Request> = {}): Request =>
  ({ url: new URL(path, ORIGIN).href, method: 'GET', mode, headers: new Headers(), ...rest }) as Request;

// `client`: the page that asks, or that a navigation makes.
const text = async (request: Request, client = 'page'): Promise<string> =>
  (
    await answer({ request, clientId: client, resultingClientId: client } as FetchEvent, { precache, live, newer })
  )?.text() ?? 'untouched';

const offline = async (): Promise<Response> => {
  throw new TypeError('Failed to fetch');
};

test('a file is answered from the cache, and the network is not asked', async () => {
  assert.equal(await text(get('/app.js')), 'cached /app.js');
  assert.deepEqual(asked, []);
});

test('a file that the browser lost comes from the network', async () => {
  assert.equal(await text(get('/lost.js')), 'from the network');
});

test('a page comes from the network while there is one', async () => {
  assert.equal(await text(get('/docs/?q=1', 'navigate')), 'from the network');
});

test('a page comes from the cache when there is no network, and only the page of that URL', async () => {
  network = offline;
  assert.equal(await text(get('/docs/?q=1', 'navigate')), 'cached /docs/');
  assert.equal(await text(get('/docs/index.html', 'navigate')), 'cached /docs/');
  assert.equal(await text(get('/docs/', 'cors')), 'cached /docs/');
  assert.equal(await text(get('/nothing', 'navigate')), 'untouched');
});

test('a page without a cached copy fails as the network does', async () => {
  network = offline;
  caches.store('offing-precache-m').entries.delete(`${ORIGIN}/docs/`);
  await assert.rejects(text(get('/docs/', 'navigate')), /Failed to fetch/);
});

test('a page whose network takes more than 4 seconds comes from the cache', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  network = () => new Promise(() => undefined);
  const answered = text(get('/', 'navigate'));
  mock.timers.tick(3_999);
  let early = false;
  void answered.then(() => (early = true));
  await Promise.resolve();
  assert.equal(early, false);
  mock.timers.tick(1);
  assert.equal(await answered, 'cached /');
  mock.timers.reset();
});

const pageWithEtag = (etag: string) => async (request: Request) =>
  new Response(request.mode === 'navigate' ? 'page' : 'file', { headers: { ETag: etag } });

test('a page that is newer than the precache gets its files from the network, other pages do not', async () => {
  network = pageWithEtag('"r2"');
  assert.equal(await text(get('/', 'navigate'), 'new'), 'page');
  assert.equal(await text(get('/app.js'), 'new'), 'file');
  assert.equal(await text(get('/app.js'), 'old'), 'cached /app.js');
});

test('the files of a newer page come from the cache when the network is gone again', async () => {
  network = pageWithEtag('"r2"');
  await text(get('/', 'navigate'), 'new');
  network = offline;
  assert.equal(await text(get('/app.js'), 'new'), 'cached /app.js');
});

test('a page of the same revision, and one that does not say, keep their files in the cache', async () => {
  for (const etag of ['"r"', 'W/"r"']) {
    network = pageWithEtag(etag);
    await text(get('/', 'navigate'), etag);
    assert.equal(await text(get('/app.js'), etag), 'cached /app.js');
  }
  network = async () => new Response('page');
  await text(get('/', 'navigate'), 'silent');
  assert.equal(await text(get('/app.js'), 'silent'), 'cached /app.js');
});

test('an error of the server is a page like any other', async () => {
  network = async () => new Response('broken', { status: 500 });
  assert.equal(await text(get('/', 'navigate')), 'broken');
});

test('a proxy that finds no server is as good as no network', async () => {
  for (const status of [502, 503, 504]) {
    network = async () => new Response('bad gateway', { status });
    assert.equal(await text(get('/', 'navigate')), 'cached /');
  }
});

test('a live resource comes from its copy, and from the network where there is none', async () => {
  assert.equal(await text(get('/feed.json')), 'cached feed');
  assert.deepEqual(asked, []);
  assert.equal(await text(get('/new.json')), 'from the network');
});

test('a part of a file is cut from the cached whole', async () => {
  assert.equal(await text(get('/app.js', 'cors', { headers: new Headers({ Range: 'bytes=1-2' }) })), 'ac');
  assert.deepEqual(asked, []);
});

test('a navigation that the browser has preloaded is not fetched a second time', async () => {
  const event = { request: get('/', 'navigate'), preloadResponse: Promise.resolve(new Response('preloaded')) };
  const response = await answer(event as unknown as FetchEvent, { precache, live, newer });
  assert.equal(await response?.text(), 'preloaded');
  assert.deepEqual(asked, []);
});

test('a preload that failed is no answer', async () => {
  const failed = { request: get('/nothing', 'navigate'), preloadResponse: Promise.resolve(Response.error()) };
  const response = await answer(failed as unknown as FetchEvent, { precache, live, newer, preload: true });
  assert.equal(await response?.text(), 'from the network');
});

test('with preloading on, a navigation that is nobody’s gets what the browser has preloaded', async () => {
  const event = { request: get('/nothing', 'navigate'), preloadResponse: Promise.resolve(new Response('preloaded')) };
  assert.equal(answer(event as unknown as FetchEvent, { precache, live, newer }), undefined);
  const response = await answer(event as unknown as FetchEvent, { precache, live, newer, preload: true });
  assert.equal(await response?.text(), 'preloaded');
});

test('a single-page app’s shell answers offline navigations to unknown paths, not to files, and nothing else does', async () => {
  const spa = new Precache({ ...config, spa: '/' }, caches.storage, fetch);
  const shown = async (path: string, mode = 'navigate'): Promise<string> =>
    (await answer({ request: get(path, mode) } as FetchEvent, { precache: spa, live, newer }))?.text() ?? 'untouched';
  assert.equal(await shown('/deep/link?q=1'), 'from the network');
  network = offline;
  assert.equal(await shown('/deep/link?q=1'), 'cached /');
  assert.equal(await shown('/deep/file.pdf'), 'untouched');
  assert.equal(await shown('/deep/link', 'cors'), 'untouched');
  assert.equal(await text(get('/deep/link', 'navigate')), 'untouched', 'without the setting');
});

test('what is not ours to answer is offered to the routes, and what is ours is not', async () => {
  const offered: string[] = [];
  const routes = ({ request }: FetchEvent): undefined =>
    void offered.push(`${request.method} ${request.url.replace(ORIGIN, '')}`);
  for (const request of [
    get('/app.js'),
    get('/feed.json'),
    get('/other.js'),
    get('/app.js', 'cors', { method: 'POST' }),
    get('https://cdn.test/a.js'),
  ]) {
    await answer({ request } as FetchEvent, { precache, live, newer, routes });
  }
  assert.deepEqual(offered, ['GET /other.js', 'POST /app.js', 'GET https://cdn.test/a.js']);
});

test('everything else is left untouched', async () => {
  for (const request of [
    get('/app.js', 'cors', { method: 'HEAD' }),
    get('/app.js', 'cors', { method: 'POST' }),
    get('/app.js?v=2'),
    get('/feed.json?page=2'),
    get('/other.js'),
    get('https://other.test/app.js'),
  ]) {
    assert.equal(await text(request), 'untouched', request.url);
  }
});
