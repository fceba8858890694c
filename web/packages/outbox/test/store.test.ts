// The disk: limits, no room, connections that are lost, contexts that die.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { IDBObjectStore } from 'fake-indexeddb';
import type { Outbox, Stored } from '../src/index.ts';
import { rest, stored, World } from './world.ts';

let world: World;
let box: Outbox;
beforeEach(() => {
  mock.restoreAll();
  world = new World();
  box = world.open();
});

// The next `times` writes of an entry in that state find no room.
function fill(state: string, times: number): void {
  const put = IDBObjectStore.prototype.put;
  mock.method(IDBObjectStore.prototype, 'put', function (this: IDBObjectStore, value: Stored, key?: IDBValidKey) {
    if (value?.state !== state || times-- <= 0) return put.call(this, value, key);
    throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
  });
}

test('no room for a new entry: the host makes some, and it is stored', async () => {
  fill('queued', 1);
  await box.post({ url: '/api' });
  assert.equal(world.rooms, 1);
  await box.drain();
  assert.deepEqual(world.names(), ['queued', 'sent']);
});

test('still no room: a typed error, and nothing is queued', async () => {
  fill('queued', 2);
  await assert.rejects(box.post({ url: '/api' }), { name: 'OutboxFull' });
  assert.deepEqual(await box.entries(), []);
  assert.deepEqual(world.names(), []);
  const { seq } = await box.post({ url: '/api' });
  assert.equal(seq, 1, 'no place was given away');
});

for (const [state, server, end] of [
  ['sending', () => stored(), 'done'],
  ['done', () => stored(), 'done'],
  ['rejected', () => stored('', { status: 400 }), 'rejected'],
  ['conflict', () => stored('', { status: 409 }), 'conflict'],
] as const) {
  test(`no room for ${state}: the outbox is whole, and the entry ends as it would have`, async () => {
    world.server = server;
    fill(state, 2);
    const { id } = await box.post({ url: '/api', body: '1' });
    await box.drain();
    assert.ok(await box.entry(id));
    await world.pass(61_000);
    await box.drain();
    assert.equal((await box.entry(id))?.state, end);
    const keys = new Set(world.sent.map(({ headers }) => headers.get('Idempotency-Key')));
    assert.equal(keys.size, 1);
  });
}

test('no room to put down that it waits for its next attempt', async () => {
  world.online = false;
  const { id } = await box.post({ url: '/api' });
  await rest();
  let failures = 1;
  world.server = () => (failures-- > 0 ? Promise.reject(new TypeError('Failed to fetch')) : stored());
  fill('queued', 2);
  world.online = true;
  await box.drain(true);
  await world.pass(61_000);
  await box.drain();
  assert.equal((await box.entry(id))?.state, 'done');
});

test('a body, all bodies and the number of entries have limits', async () => {
  world.online = false;
  await assert.rejects(box.post({ url: '/api', body: new Blob([new Uint8Array(10_000_001)]) }), { name: 'OutboxFull' });
  for (let n = 0; n < 5; n++) await box.post({ url: '/api', body: new Blob([new Uint8Array(9_999_999)]) });
  await assert.rejects(box.post({ url: '/api', body: new Blob([new Uint8Array(10)]) }), { name: 'OutboxFull' });
  assert.equal((await box.entries()).length, 5);
});

test('a connection that was lost, or asked to make way for a later version, is opened again', async () => {
  await box.post({ url: '/api' });
  await box.drain();
  const later = world.idb.open('offing-outbox', 2);
  await new Promise((resolve) => (later.onsuccess = resolve));
  later.result.close();
  await box.post({ url: '/api' });
  await box.drain();
  assert.equal((await box.entries()).length, 2);
});

test('what a context was sending when it died goes out again with the same key', async () => {
  world.server = () => new Promise<Response>(() => undefined);
  const { id } = await box.post({ url: '/api' });
  await rest();
  assert.equal((await box.entry(id))?.state, 'sending');
  // Its lock is free: another world has one of its own.
  const next = new World();
  next.idb = world.idb;
  await next.open().drain();
  assert.equal(next.sent[0]?.headers.get('Idempotency-Key'), `"${id}"`);
});

test('without locks a lease keeps others away, until it is over or can be none', async () => {
  world.locked = false;
  box = world.open();
  world.server = () => new Promise<Response>(() => undefined);
  await box.post({ url: '/api' });
  await rest();
  const other = world.open();
  void other.drain();
  await rest();
  assert.equal(world.sent.length, 1);
  world.now += 45_001;
  void other.drain();
  await rest();
  assert.equal(world.sent.length, 2, 'it is over');
  world.now -= 3_600_000;
  void world.open().drain();
  await rest();
  assert.equal(world.sent.length, 3, 'it lies in a future that another clock saw');
});

test('an answer that comes to a context whose lease is over still ends the entry', async () => {
  world.locked = false;
  box = world.open({ timer: () => () => undefined });
  let answer = (_: Response): void => undefined;
  world.server = () => new Promise((resolve) => (answer = resolve));
  const { id } = await box.post({ url: '/api' });
  await rest();
  const first = answer;
  world.now += 45_001;
  const other = world.open();
  void other.drain();
  await rest();
  first(stored());
  await rest();
  assert.equal((await box.entry(id))?.state, 'done');
  answer(stored());
  await rest();
  assert.equal(world.names(id).filter((name) => name === 'sent').length, 1);
});
