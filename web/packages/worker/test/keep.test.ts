import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Handling } from '../src/strategies/handling.ts';
import { type CacheRules, limitsOf } from '../src/strategies/limits.ts';
import { run } from '../src/strategies/strategies.ts';
import { get, Stage, typed } from './stage.ts';

let stage: Stage;
let tests = 0;

beforeEach(() => {
  stage = new Stage();
  tests++;
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_000_000 });
});
afterEach(() => {
  mock.timers.tick(2_000); // what was used is saved
  mock.timers.reset();
  mock.restoreAll();
});

const name = (cache: string): string => `${cache}${tests}`;
// Each test has URLs of its own, too: the worker remembers their use.
const own = (path: string): string => `/t${tests}${path}`;
const kept = (cache = 'c'): string[] =>
  stage.urls(`offing-run-${name(cache)}`).map((path) => path.slice(own('').length));

// One millisecond passes with each.
async function ask(path: string, { cache = 'c', ...rules }: CacheRules = {}): Promise<string | undefined> {
  mock.timers.tick(1);
  const handling = new Handling(stage.event(), { cache: name(cache), ...rules });
  const text = await (await run('cache-first', handling, get(own(path))))?.text();
  await stage.rest();
  return text;
}

test('of more entries than there is room for, the longest unused one goes', async () => {
  for (const path of ['/1', '/2', '/3', '/1', '/4']) await ask(path, { entries: 3 });
  assert.deepEqual(kept().sort(), ['/1', '/3', '/4']);
});

test('a copy that is replaced takes no one’s room', async () => {
  const rules = { entries: 2 };
  const again = async (path: string): Promise<void> => {
    const handling = new Handling(stage.event(), { cache: name('c'), ...rules });
    await run('network-first', handling, get(own(path)));
    await stage.rest();
  };
  for (const path of ['/1', '/2', '/2', '/2']) await again(path);
  assert.deepEqual(kept(), ['/1', '/2']);
});

test('bytes are bounded as entries are', async () => {
  stage.network = ({ url }) => new Response('x'.repeat(Number(url.split('/').at(-1))));
  for (const path of ['/40', '/30', '/20']) await ask(path, { bytes: 100 });
  assert.deepEqual(kept(), ['/40', '/30', '/20']);
  await ask('/50');
  assert.deepEqual(kept(), ['/30', '/20', '/50']);
  await ask('/60');
  assert.deepEqual(kept(), ['/60'], '30, 20 and 50 went, one after the other');
  await ask('/101');
  assert.deepEqual(kept(), ['/60'], 'it is larger than all that there may be');
});

test('room is made before it is taken, so that a worker killed meanwhile leaves the cache within its bound', async () => {
  for (const path of ['/1', '/2']) await ask(path, { entries: 2 });
  const cache = stage.stores.get(`offing-run-${name('c')}`);
  assert.ok(cache);
  const seen: number[] = [];
  mock.method(cache, 'put', async () => {
    seen.push(cache.entries.length);
    throw new Error('killed');
  });
  await ask('/3');
  assert.deepEqual(seen, [1]);
});

test('what is too old is not shown any more, and goes when room is made', async () => {
  await ask('/old', { age: 1_000 });
  mock.timers.tick(900);
  stage.network = () => new Response('new');
  assert.equal(await ask('/old'), 'from the network');
  mock.timers.tick(101);
  await ask('/other');
  assert.deepEqual(kept(), ['/other']);
  assert.equal(await ask('/old'), 'new');
});

test('what is not read counts as seven megabytes', async () => {
  stage.network = () => typed(new Response('?'), 'opaque');
  for (const path of ['/1', '/2', '/3']) await ask(path, { opaque: true, bytes: 15e6 });
  assert.deepEqual(kept(), ['/2', '/3']);
});

test('the order of use outlives the worker', async () => {
  for (const path of ['/1', '/2', '/3', '/1']) await ask(path, { entries: 3 });
  mock.timers.tick(1_000);
  const stored = stage.memory.get('used') as [string, number][];
  assert.equal(stored.at(-1)?.[0], `https://app.test${own('/1')}`);
});

test('when the browser has no room, the lowest priority goes first, whichever cache it is in', async () => {
  stage.network = () => new Response('x'.repeat(10));
  await ask('/low', { cache: 'low', priority: -1 });
  await ask('/mid', { cache: 'mid' });
  await ask('/high', { cache: 'high', priority: 1 });
  stage.quota = 30;
  await ask('/more', { cache: 'mid' });
  assert.deepEqual([kept('low'), kept('mid'), kept('high')], [[], ['/mid', '/more'], ['/high']]);
  await ask('/again', { cache: 'mid' });
  assert.deepEqual([kept('mid'), kept('high')], [['/more', '/again'], ['/high']]);
});

test('a low priority gets no room from a higher one, and nothing but runtime caches ever gives way', async () => {
  stage.network = () => new Response('x'.repeat(10));
  for (const other of ['offing-precache-m', 'offing-live', 'somebody-elses']) {
    await (await caches.open(other)).put('/file', new Response('x'.repeat(10)));
  }
  await ask('/high', { cache: 'high', priority: 1 });
  stage.quota = 40;
  assert.equal((await ask('/low', { cache: 'low' }))?.length, 10, 'it is shown all the same');
  assert.deepEqual([kept('high'), kept('low')], [['/high'], []]);
  assert.match(JSON.stringify(stage.sent), /"code":"cache".*full/);
  await ask('/higher', { cache: 'higher', priority: 2 });
  assert.deepEqual([kept('high'), kept('higher')], [[], ['/higher']]);
  for (const other of ['offing-precache-m', 'offing-live', 'somebody-elses']) {
    assert.deepEqual(stage.urls(other), ['/file'], other);
  }
});

test('caches of no route any more are the first to go', async () => {
  stage.network = () => new Response('x'.repeat(10));
  const former = get('/file', { headers: { 'Offing-Entry': '1 10' } });
  await (await caches.open('offing-run-former')).put(former, new Response('x'.repeat(10)));
  await ask('/1', { priority: -9 });
  stage.quota = 20;
  await ask('/2', { priority: -9 });
  assert.deepEqual([stage.urls('offing-run-former'), kept()], [[], ['/1', '/2']]);
});

test('the first route of a cache says how much it holds', () => {
  const first = limitsOf({ cache: 'shared', entries: 3 });
  assert.equal(first.entries, 3);
  assert.equal(limitsOf({ cache: 'shared', entries: 9 }), first);
});
