import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Handling } from '../src/strategies/handling.ts';
import { isAway } from '../src/strategies/judge.ts';
import type { CacheRules, StrategyName } from '../src/strategies/limits.ts';
import { run } from '../src/strategies/strategies.ts';
import { get, Stage, typed } from './stage.ts';

let stage: Stage;
let caches = 0;

beforeEach(() => {
  stage = new Stage();
  caches++;
});
afterEach(() => mock.restoreAll());

// Each test has a cache of its own, as limits are known by its name.
const rules = (more: CacheRules = {}): CacheRules => ({ cache: `c${caches}`, ...more });
const kept = (): string[] => stage.urls(`offing-run-c${caches}`);

async function ask(name: StrategyName, request = get('/a'), more: CacheRules = {}): Promise<string | undefined> {
  const response = await run(name, new Handling(stage.event(), rules(more)), request);
  return response?.text();
}

async function asked(...input: Parameters<typeof ask>): Promise<string | undefined> {
  const text = await ask(...input);
  await stage.rest();
  return text;
}

const offline = (): never => {
  throw new TypeError('Failed to fetch');
};
const says = (body: string, init?: ResponseInit) => () => new Response(body, init);

test('cache-first asks the network once', async () => {
  assert.equal(await asked('cache-first'), 'from the network');
  stage.network = says('later');
  assert.equal(await asked('cache-first'), 'from the network');
  assert.equal(stage.asked.length, 1);
  assert.deepEqual(kept(), ['/a']);
});

test('network-first shows what is new, and the copy when the network is away or speaks of a gateway', async () => {
  await asked('network-first');
  stage.network = says('later');
  assert.equal(await asked('network-first'), 'later');
  stage.network = offline;
  assert.equal(await asked('network-first'), 'later');
  stage.network = says('bad gateway', { status: 502 });
  assert.equal(await asked('network-first'), 'later');
  assert.equal(await asked('network-first', get('/other')), 'bad gateway', 'there is no copy');
  stage.network = says('gone', { status: 404 });
  assert.equal(await asked('network-first'), 'gone', 'an error of the application is an answer');
});

test('network-first gives the network its time only while there is a copy', async () => {
  await asked('network-first');
  let late: (response: Response) => void = () => undefined;
  stage.network = () => new Promise((resolve) => (late = resolve));
  assert.equal(await ask('network-first', get('/a'), { timeout: 20 }), 'from the network');
  late(new Response('late'));
  await stage.rest();
  stage.network = offline;
  assert.equal(await asked('network-first'), 'late', 'what came late was stored');
  stage.network = () => new Promise((resolve) => setTimeout(resolve, 60, new Response('slow')));
  assert.equal(await asked('network-first', get('/b'), { timeout: 20 }), 'slow');
});

test('stale-while-revalidate shows the copy and stores what is new', async () => {
  assert.equal(await asked('stale-while-revalidate'), 'from the network');
  stage.network = says('later');
  assert.equal(await asked('stale-while-revalidate'), 'from the network');
  assert.equal(await asked('stale-while-revalidate'), 'later');
  stage.network = offline;
  assert.equal(await asked('stale-while-revalidate'), 'later');
  assert.deepEqual(stage.sent, []);
});

test('cache-only and network-only are what they say', async () => {
  assert.equal(await asked('cache-only'), undefined);
  assert.equal(await asked('network-only'), 'from the network');
  assert.deepEqual(kept(), []);
  await asked('cache-first');
  assert.equal(await asked('cache-only'), 'from the network');
});

test('cache-and-update tells the pages if and only if the body is another one', async () => {
  await asked('cache-and-update');
  assert.equal(await asked('cache-and-update'), 'from the network');
  assert.deepEqual(stage.sent, []);
  stage.network = says('from the netwerk');
  assert.equal(await asked('cache-and-update'), 'from the network');
  assert.deepEqual(stage.sent, [{ offing: 'changed', url: 'https://app.test/a', cache: `offing-run-c${caches}` }]);
  assert.equal(await asked('cache-only'), 'from the netwerk');
});

test('without a network and without a copy every strategy fails as the network does', async () => {
  stage.network = offline;
  for (const name of ['cache-first', 'network-first', 'stale-while-revalidate', 'cache-and-update'] as const) {
    await assert.rejects(asked(name), /Failed to fetch/, name);
  }
  await stage.rest();
});

const html = { headers: { 'Content-Type': 'text/html; charset=utf-8' } };
const redirected = (to: string): Response => {
  const response = new Response('log in');
  Object.defineProperties(response, { redirected: { value: true }, url: { value: `https://app.test${to}` } });
  response.clone = () => redirected(to);
  return response;
};
const never: [string, Request, () => Response, CacheRules?][] = [
  ['an error', get('/a'), says('', { status: 500 })],
  ['what is not there', get('/a'), says('', { status: 404 })],
  ['a log-in page behind a redirect', get('/a'), () => redirected('/login')],
  ['HTML for a script', get('/a', {}, { destination: 'script' }), says('portal', html)],
  ['HTML for an image', get('/a', {}, { destination: 'image' }), says('portal', html)],
  ['HTML for data', get('/a.json'), says('portal', html)],
  ['another type than the route says', get('/a'), says('portal', html), { types: ['application/json'] }],
  ['what says that it is not to be stored', get('/a'), says('', { headers: { 'Cache-Control': 'no-store' } })],
  ['what is private', get('/a'), says('', { headers: { 'Cache-Control': 'max-age=9, private' } })],
  ['what was asked with credentials', get('/a', { headers: { Authorization: 'Bearer 1' } }), says('')],
  ['what varies by everything', get('/a'), says('', { headers: { Vary: 'Accept, *' } })],
  ['an opaque answer', get('/a'), () => typed(new Response('?'), 'opaque')],
  ['a file over the bytes of the cache', get('/a'), says('123456'), { bytes: 5 }],
];
for (const [what, request, network, more = {}] of never) {
  test(`${what} is shown and never stored`, async () => {
    stage.network = network;
    await asked('cache-first', request, more);
    assert.deepEqual(kept(), []);
    assert.deepEqual(stage.sent, []);
  });
}

const stored: [string, Request, () => Response, CacheRules?][] = [
  ['HTML for a page', get('/a', {}, { mode: 'navigate', destination: 'document' }), says('', html)],
  ['HTML for what may be a piece of a page', get('/a'), says('', html)],
  [
    'a type that the route names',
    get('/a'),
    says('', { headers: { 'Content-Type': 'image/png' } }),
    { types: ['image/*'] },
  ],
  ['a redirect that changes only the query', get('/a?x'), () => redirected('/a?x&y')],
  ['an opaque answer that the route asks for', get('/a'), () => typed(new Response('?'), 'opaque'), { opaque: true }],
  [
    'what is public, though asked with credentials',
    get('/a', { headers: { Authorization: 'x' } }),
    says('', { headers: { 'Cache-Control': 'public' } }),
  ],
];
for (const [what, request, network, more = {}] of stored) {
  test(`${what} is stored`, async () => {
    stage.network = network;
    await asked('cache-first', request, more);
    assert.equal(kept().length, 1);
  });
}

test('a file that says that it is larger than its cache is not even read', async () => {
  let cancelled = false;
  const body = new ReadableStream({ cancel: () => void (cancelled = true) });
  stage.network = () => new Response(body, { headers: { 'Content-Length': '6' } });
  const handling = new Handling(stage.event(), rules({ bytes: 5 }));
  const response = await run('cache-first', handling, get('/a'));
  await response?.body?.cancel();
  await stage.rest();
  assert.equal(cancelled, true);
});

test('a portal’s page does not take the place of a good copy', async () => {
  const script = (): Request => get('/a.js', {}, { destination: 'script' });
  await asked('network-first', script());
  stage.network = says('portal', html);
  assert.equal(await asked('network-first', script()), 'from the network');
});

test('a body that breaks off is shown as far as it came and not stored', async () => {
  stage.network = () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new TypeError('broken'));
      },
    });
    return new Response(body);
  };
  await assert.rejects(asked('cache-first'));
  await stage.rest();
  assert.deepEqual(kept(), []);
});

test('two variants of a URL are kept apart, and found again', async () => {
  const vary = (language: string): Request => get('/a', { headers: { 'Accept-Language': language } });
  stage.network = ({ headers }) =>
    new Response(headers.get('Accept-Language'), { headers: { Vary: 'Accept-Language' } });
  for (const language of ['de', 'fr', 'de', 'fr']) assert.equal(await asked('cache-first', vary(language)), language);
  assert.equal(stage.asked.length, 2);
  stage.network = offline;
  for (const language of ['de', 'fr']) assert.equal(await asked('network-first', vary(language)), language);
  await assert.rejects(asked('network-first', vary('it')));
});

test('with ignoreSearch there is one copy whatever the query, and it is the newest', async () => {
  await asked('network-first', get('/a?1'), { ignoreSearch: true });
  stage.network = says('newer');
  await asked('network-first', get('/a?2'), { ignoreSearch: true });
  assert.deepEqual(kept(), ['/a']);
  assert.equal(await asked('cache-only', get('/a?3'), { ignoreSearch: true }), 'newer');
});

test('per-user answers are kept for a user, not for nobody, and not for the next one', async () => {
  const mine = { perUser: true };
  assert.equal(await asked('cache-first', get('/me'), mine), 'from the network');
  assert.deepEqual([...stage.stores.keys()], [], 'nobody is logged in');
  stage.space = 'aaaa';
  stage.network = says('private', { headers: { 'Cache-Control': 'private' } });
  await asked('cache-first', get('/me'), mine);
  assert.deepEqual(stage.urls(`offing-user-aaaa-c${caches}`), ['/me']);
  stage.space = 'bbbb';
  stage.network = says('other');
  assert.equal(await asked('cache-first', get('/me'), mine), 'other');
  stage.network = () => {
    stage.space = 'cccc';
    return new Response('late');
  };
  await asked('cache-first', get('/more'), mine);
  assert.deepEqual(stage.urls(`offing-user-bbbb-c${caches}`), ['/me']);
  assert.deepEqual(stage.urls(`offing-user-cccc-c${caches}`), []);
});

test('a part is cut from the cached whole, by all that may be asked of it', async () => {
  stage.network = says('0123456789', { headers: { ETag: '"e"', 'Content-Type': 'audio/ogg' } });
  await asked('cache-first', get('/a.ogg'));
  const part = async (range: string, more: HeadersInit = {}) => {
    const request = get('/a.ogg', { headers: { Range: range, ...more } });
    const response = await run('cache-first', new Handling(stage.event(), rules()), request);
    const found = response as Response;
    return [found.status, await found.text(), found.headers.get('Content-Range')];
  };
  assert.deepEqual(await part('bytes=0-0'), [206, '0', 'bytes 0-0/10']);
  assert.deepEqual(await part('bytes=7-'), [206, '789', 'bytes 7-9/10']);
  assert.deepEqual(await part('bytes=-3'), [206, '789', 'bytes 7-9/10']);
  assert.deepEqual(await part('bytes=-99'), [206, '0123456789', 'bytes 0-9/10']);
  assert.deepEqual(await part('bytes=8-99'), [206, '89', 'bytes 8-9/10']);
  assert.deepEqual(await part('bytes=10-'), [416, '', 'bytes */10']);
  assert.deepEqual(await part('bytes=-0'), [416, '', 'bytes */10']);
  assert.deepEqual(await part('bytes=0-1,4-5'), [200, '0123456789', null]);
  assert.deepEqual(await part('bytes=-'), [200, '0123456789', null]);
  assert.deepEqual(await part('bytes=0-1', { 'If-Range': '"e"' }), [206, '01', 'bytes 0-1/10']);
  assert.deepEqual(await part('bytes=0-1', { 'If-Range': '"other"' }), [200, '0123456789', null]);
  assert.equal(stage.asked.length, 1);
});

test('a part of what is not cached comes from the network; the whole is fetched behind it, once, and no part is stored', async () => {
  stage.network = ({ headers }) =>
    headers.has('Range') ? new Response('01', { status: 206 }) : new Response('0123456789');
  const part = (): Request => get(`/whole${caches}.ogg`, { headers: { Range: 'bytes=0-1' } });
  assert.equal(await ask('cache-first', part()), '01');
  assert.equal(await asked('cache-first', part()), '01');
  assert.equal(stage.asked.filter(({ headers }) => !headers.has('Range')).length, 1);
  stage.network = offline;
  assert.equal(await asked('cache-first', get(`/whole${caches}.ogg`, { headers: { Range: 'bytes=8-' } })), '89');
  assert.equal(await asked('cache-only', get('/none', { headers: { Range: 'bytes=8-' } })), undefined);
});

test('network-first asks the network for a part, and cuts it from the copy when there is none', async () => {
  await asked('network-first', get('/a'));
  const part = (): Request => get('/a', { headers: { Range: 'bytes=0-3' } });
  stage.network = says('FROM', { status: 206 });
  assert.equal(await asked('network-first', part()), 'FROM');
  stage.network = offline;
  assert.equal(await asked('network-first', part()), 'from');
});

test('what the browser has preloaded is the network’s answer to a navigation', async () => {
  const handling = new Handling(stage.event({ preloadResponse: Promise.resolve(new Response('early')) }), rules());
  const response = await run('network-first', handling, get('/', {}, { mode: 'navigate', destination: 'document' }));
  assert.equal(await response?.text(), 'early');
  await stage.rest();
  assert.deepEqual([stage.asked.length, kept()], [0, ['/']]);
});

test('a gateway’s statuses are those of a server that is away', () => {
  assert.deepEqual(
    [500, 502, 503, 504, 404].map((status) => isAway(new Response('', { status }))),
    [false, true, true, true, false],
  );
});
