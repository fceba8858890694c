import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Config } from '@offing/protocol';
import { Precache } from '../src/precache.ts';
import {
  NavigationRoute,
  registerRoute,
  Route,
  route,
  setCatchHandler,
  setDefaultHandler,
} from '../src/routes/code.ts';
import { allRoutes } from '../src/routes/code.ts';
import { pattern } from '../src/routes/pattern.ts';
import { routes } from '../src/routes/routes.ts';
import { host } from '../src/strategies/host.ts';
import { CacheFirst, CacheOnly } from '../src/strategies/classes.ts';
import { get, ORIGIN, Stage } from './stage.ts';

let stage: Stage;
let listeners: Map<string, (event: object) => void>;
beforeEach(() => {
  stage = new Stage();
  listeners = new Map();
  Object.assign(globalThis, {
    addEventListener: (name: string, listener: (event: object) => void) => listeners.set(name, listener),
  });
});
afterEach(() => mock.restoreAll());

const bare: Config = { version: '', app: '', manifest: 'm', precache: [], resources: [], maxBytes: 0 };

async function precached(...paths: string[]): Promise<void> {
  const cache = await caches.open('offing-precache-m');
  for (const path of paths) await cache.put(path, new Response(`precached ${path}`));
}

// Answers as the worker would; 'untouched' if no route does.
function answering(more: Partial<Config>, make = routes): (request: Request) => Promise<string> {
  const config = { ...bare, ...more };
  const precache = new Precache(config, caches, fetch);
  const part = make(config, { ...host, precache });
  return async (request) => {
    const answered = part(Object.assign(stage.event(), { request }), new URL(request.url));
    if (!answered) return 'untouched';
    try {
      return await (await answered).text();
    } finally {
      await stage.rest();
    }
  };
}

const page = (path: string): Request => get(path, {}, { mode: 'navigate', destination: 'document' });
const offline = (): never => {
  throw new TypeError('Failed to fetch');
};

test('a pattern is a path, with stars for anything and names for segments', () => {
  const matches = (text: string, url: string): unknown => pattern(text)(new URL(url, ORIGIN));
  assert.deepEqual(matches('/img/*', '/img/a/b.png?q'), {});
  assert.equal(matches('/img/*', '/image/a.png'), undefined);
  assert.equal(matches('/img/*', 'https://cdn.test/img/a.png'), undefined);
  assert.deepEqual(matches('https://cdn.test/*', 'https://cdn.test/img/a.png'), {});
  assert.equal(matches('https://cdn.test/*', '/img/a.png'), undefined);
  assert.deepEqual(matches('/rooms/:room/files/:file', '/rooms/7/files/a.txt'), { room: '7', file: 'a.txt' });
  assert.equal(matches('/rooms/:room', '/rooms/7/files'), undefined);
  assert.deepEqual(matches('/*.json', '/a/b.json'), {});
  assert.equal(matches('/*.json', '/a/bxjson'), undefined);
  assert.deepEqual(matches('/a(b)+', '/a(b)+'), {});
});

test('the first route that matches by path, method and destination answers', async () => {
  const answer = answering({
    routes: [
      { match: '/a/*', methods: ['POST'], strategy: 'cache-only' },
      { match: '/a/*', destination: ['image'], strategy: 'cache-only', cache: 'routes-1' },
      { match: '/a/*', destination: ['document'], strategy: 'network-only' },
      { match: '/a/b', strategy: 'cache-first', cache: 'routes-2' },
    ],
  });
  await assert.rejects(answer(get('/a/b', { method: 'POST' })), /no answer/);
  await assert.rejects(answer(get('/a/b', {}, { destination: 'image' })), /no answer/);
  assert.equal(await answer(page('/a/b')), 'from the network');
  assert.deepEqual(stage.urls('offing-run-routes-2'), []);
  assert.equal(await answer(get('/a/b')), 'from the network');
  assert.deepEqual(stage.urls('offing-run-routes-2'), ['/a/b']);
  assert.equal(await answer(get('/a/c')), 'untouched');
  assert.equal(await answer(get('/other')), 'untouched');
});

test('where there is no answer the fallback of that destination stands in, also without a route', async () => {
  await precached('/offline.html', '/offline.svg');
  const answer = answering({
    precache: [
      ['/offline.html', 'r'],
      ['/offline.svg', 'r'],
    ],
    routes: [{ match: '/pages/*', strategy: 'network-first', cache: 'routes-3' }],
    fallback: { document: '/offline.html', image: '/offline.svg' },
  });
  const image = (path: string): Request => get(path, {}, { destination: 'image' });
  assert.equal(await answer(page('/pages/1')), 'from the network');
  assert.equal(await answer(image('/i.png')), 'from the network');
  for (const network of [offline, () => new Response('bad gateway', { status: 502 })]) {
    stage.network = network;
    assert.equal(await answer(page('/pages/1')), 'from the network', 'the copy');
    assert.equal(await answer(page('/pages/2')), 'precached /offline.html');
    assert.equal(await answer(page('/elsewhere')), 'precached /offline.html');
    assert.equal(await answer(image('/i.png')), 'precached /offline.svg');
    assert.equal(await answer(get('/data')), 'untouched');
    assert.equal(await answer(image('https://cdn.test/i.png')), 'untouched');
    assert.equal(await answer(get('/form', { method: 'POST' }, { mode: 'navigate' })), 'untouched');
  }
  stage.network = () => new Response('gone', { status: 404 });
  assert.equal(await answer(page('/elsewhere')), 'gone');
});

test('an answer of a gateway is shown where nothing can stand in for it', async () => {
  const answer = answering({ routes: [{ match: '/*', strategy: 'network-only' }] });
  stage.network = () => new Response('bad gateway', { status: 502 });
  assert.equal(await answer(get('/a')), 'bad gateway');
});

test('offline, a single-page app’s shell comes before the fallback page', async () => {
  await precached('/', '/offline.html');
  const answer = answering({
    precache: [
      ['/', 'r'],
      ['/offline.html', 'r'],
    ],
    spa: '/',
    routes: [{ match: '/deep/*', strategy: 'network-only' }],
    fallback: { document: '/offline.html' },
  });
  stage.network = offline;
  assert.equal(await answer(page('/deep/link')), 'precached /');
  assert.equal(await answer(page('/deep/file.pdf')), 'precached /offline.html');
});

test('with the next version the caches of no route any more go, and nothing else', async () => {
  answering({ routes: [{ match: '/*', strategy: 'cache-first', cache: 'routes-4' }] });
  for (const name of [
    'offing-run-routes-4',
    'offing-user-ab-routes-4',
    'offing-run-former',
    'offing-user-ab-former',
    'offing-live',
    'x',
  ]) {
    await caches.open(name);
  }
  listeners.get('activate')?.(stage.event());
  await stage.rest();
  assert.deepEqual([...stage.stores.keys()], ['offing-run-routes-4', 'offing-user-ab-routes-4', 'offing-live', 'x']);
});

test('where browsers can be told beforehand, the server’s own paths never wake the worker', () => {
  answering({});
  const rules: { condition: { urlPattern: string }; source: string }[] = [];
  listeners.get('install')?.({ addRoutes: async (given: typeof rules) => void rules.push(...given) });
  assert.ok(rules.length > 0);
  for (const { condition, source } of rules) {
    assert.equal(source, 'network');
    assert.match(condition.urlPattern, /^\/_offing\//);
  }
  listeners.get('install')?.({});
});

test('routes in code: strings, expressions, functions, before those of CONFIG; parameters reach the handler', async () => {
  const seen: unknown[] = [];
  const note =
    (name: string) =>
    ({ params }: { params?: unknown }) => {
      seen.push([name, params]);
      return new Response(name);
    };
  route('/code/:id', note('string'));
  route(/\/exp-(\d+)/, note('expression'));
  route(({ url }) => url.pathname.startsWith('/fn') && { n: 1 }, { handle: note('function') });
  route('/code', note('method'), { methods: ['PUT'] });
  route('/code', note('destination'), { destination: ['font'] });
  registerRoute('/registered', note('registered'), 'POST');
  registerRoute(new Route(/\/made$/, note('made')));
  registerRoute(new NavigationRoute(note('navigation'), { denylist: [/^\/api/] }));
  setDefaultHandler(note('default'));
  const answer = answering(
    {
      routes: [
        { match: '/code/*', strategy: 'cache-only' },
        { match: '/config', strategy: 'network-only' },
      ],
    },
    allRoutes,
  );
  assert.equal(await answer(get('/code/7')), 'string');
  assert.equal(await answer(get('/exp-42')), 'expression');
  assert.equal(await answer(get('https://cdn.test/exp-42')), 'default', 'an expression must match from the beginning');
  assert.equal(await answer(get('/fn')), 'function');
  assert.equal(await answer(get('/code', { method: 'PUT' })), 'method');
  assert.equal(await answer(get('/code', {}, { destination: 'font' })), 'destination');
  assert.equal(await answer(get('/registered', { method: 'POST' })), 'registered');
  assert.equal(await answer(get('/made')), 'made');
  assert.equal(await answer(page('/anywhere')), 'navigation');
  assert.equal(await answer(page('/api/1')), 'default');
  assert.equal(await answer(get('/config')), 'from the network');
  assert.equal(await answer(get('/nothing')), 'default');
  assert.equal(await answer(get('/nothing', { method: 'POST' })), 'untouched');
  assert.deepEqual(seen.slice(0, 4), [
    ['string', { id: '7' }],
    ['expression', ['42']],
    ['default', undefined],
    ['function', { n: 1 }],
  ]);
});

test('a strategy is a handler, and what it cannot answer the catch handler does', async () => {
  route('/strategic', new CacheFirst({ cache: 'routes-5' }));
  route('/missing', new CacheOnly({ cache: 'routes-5' }));
  setCatchHandler(({ url }) => (url.pathname === '/missing' ? new Response('caught') : undefined));
  const answer = answering({}, allRoutes);
  assert.equal(await answer(get('/strategic')), 'from the network');
  stage.network = offline;
  assert.equal(await answer(get('/strategic')), 'from the network');
  assert.equal(await answer(get('/missing')), 'caught');
});
