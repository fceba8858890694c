// Resources whose body an origin makes: it may hold events that come again after its position.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rest } from './fakes.ts';
import { A, Life, subscribe } from './life.ts';

const ORDERS = '/orders.json';
const order = (id: number, note = '') => ({ id, note });

test('events that the body holds already come again and change nothing', async () => {
  const life = new Life();
  // The head was 2 when the origin was asked; its body was read after 3 and 4.
  await life.shown(ORDERS, { position: `${A}:2`, value: [order(4), order(3), order(2), order(1)] });
  life.line.event('orders', `${A}:3`, order(3));
  life.line.event('orders', `${A}:4`, order(4));
  life.line.event('orders', `${A}:5`, order(5));
  await rest();
  assert.deepEqual(await life.stored(ORDERS), [`${A}:5`, [order(5), order(4), order(3), order(2)]]);
});

test('an event that came between position and body and is not in the body is added', async () => {
  const life = new Life();
  await life.shown(ORDERS, { position: `${A}:2`, value: [order(2), order(1)] });
  life.line.event('orders', `${A}:3`, order(3));
  life.line.event('orders', `${A}:4`, order(1), 'gone');
  await rest();
  assert.deepEqual(await life.stored(ORDERS), [`${A}:4`, [order(3), order(2)]]);
});

test('an event that comes while the origin is asked waits for the body', async () => {
  const life = new Life();
  await life.shown(ORDERS, { position: `${A}:1`, value: [order(1)] });
  life.server.set(ORDERS, { position: `${A}:2`, value: [order(3), order(2), order(1)] });
  const fetched = life.live.show(ORDERS);
  life.line.event('orders', `${A}:2`, order(2));
  life.line.event('orders', `${A}:3`, order(3));
  await fetched;
  await rest();
  assert.deepEqual(await life.stored(ORDERS), [`${A}:3`, [order(3), order(2), order(1)]]);
  assert.deepEqual(life.fetches, [ORDERS]);
});

test('the origin is never asked whether the copy still holds', async () => {
  const life = new Life();
  await life.shown(ORDERS, { position: `${A}:1`, value: [order(1)], headers: { ETag: 'W/"origin"' } });
  assert.deepEqual(life.inits, [{ cache: 'no-store' }]);
  assert.equal((await life.live.response(ORDERS))?.headers.get('ETag'), null, 'what was patched has no tag of theirs');
});

for (const [why, spoiled] of [
  ['without a position', { position: '' }],
  ['over the limit', { value: [order(1, 'x'.repeat(1_000_001))] }],
  ['that is no JSON', { text: '[{"id":1},' }],
  ['that parsers read differently', { text: '[{"id":1,"id":2}]' }],
] as [string, object][]) {
  test(`an answer ${why} is not kept, and not asked for again by itself`, async () => {
    const life = new Life();
    life.server.set(ORDERS, Object.assign({ position: `${A}:1`, value: [order(1)] }, spoiled));
    assert.equal(await life.live.response(ORDERS), undefined, 'the page gets what the origin says');
    assert.equal(life.cache.entries.size, 0);
    assert.match(life.reports.join(), /\/orders.json answered 200 and no live resource/);
    for (let i = 0; i < 3; i++) {
      await life.live.wake();
      assert.equal(await life.live.show(ORDERS), undefined);
    }
    await rest();
    assert.deepEqual(life.fetches, [ORDERS]);
    life.server.set(ORDERS, { position: `${A}:1`, value: [order(1)] });
    await life.live.response(ORDERS);
    assert.deepEqual(await life.stored(ORDERS), [`${A}:1`, [order(1)]], 'a page that fetches it asks again');
  });
}

test('a copy is dropped when the origin states no position any more', async () => {
  const life = new Life();
  await life.shown(ORDERS, { position: `${A}:1`, value: [order(1)] });
  life.server.set(ORDERS, { position: '', value: ['for one user'] });
  life.line.subscribed('orders', `${A}:9`, false);
  life.line.event('orders', `${A}:12`, order(12));
  await rest();
  life.line.take();
  life.line.subscribed('orders', `${A}:12`, false);
  await rest();
  assert.equal(life.cache.entries.size, 0);
  assert.equal(life.fetches.length, 2);
});

test('an answer from another address is not kept', async () => {
  const life = new Life();
  life.server.set(ORDERS, { position: `${A}:1`, value: [order(1)], redirected: true });
  await life.live.show(ORDERS);
  assert.equal(life.cache.entries.size, 0);
});

test('a worker that was killed resumes an origin’s resource from its position', async () => {
  const before = new Life();
  await before.shown(ORDERS, { position: `${A}:2`, value: [order(2)] });
  const after = new Life(before.caches);
  await after.live.wake();
  after.line.establish();
  await rest();
  assert.deepEqual(after.line.take(), [subscribe('orders', `${A}:2`)]);
  assert.deepEqual(after.fetches, []);
});
