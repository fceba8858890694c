// What pages are shown of writes that wait.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  type Config,
  type Entry,
  Folding,
  type Json,
  LIVE_CACHE,
  matchResource,
  operationFor,
  parsePosition,
  relate,
  SHOWN_CACHE,
} from '@offing/protocol';
import { LiveCache } from '../src/live-cache.ts';
import { CHANNEL, Patches } from '../src/outbox/patches.ts';
import type { SharedHost } from '../src/parts.ts';
import { putFor, setUser, userSpace } from '../src/user.ts';
import { Origin } from './origin.ts';

const EPOCH = '0123456789ab';
const config = {
  maxBytes: 1e6,
  resources: [
    { path: '/feed.json', channel: 'feed', apply: { '*': 'append', gone: 'remove:id' }, key: 'id', initial: [] },
    { path: '/other.json', channel: 'other', apply: { '*': 'append' }, initial: [] },
  ],
} as unknown as Config;

let origin: Origin;
let entries: Entry[];
let patches: Patches;
const told: unknown[] = [];

const entry = (id: string, more: object = {}): Entry =>
  ({
    id,
    state: 'queued',
    patch: { resource: '/feed.json', event: 'item', data: { text: id } },
    ...more,
  }) as unknown as Entry;
const copy = (more: object = {}) =>
  new LiveCache(origin.caches.storage).write('/feed.json', {
    value: [{ id: 'a' }],
    position: { epoch: EPOCH, seq: 5 },
    definition: '',
    keys: '',
    fetched: '100',
    ...more,
  });
async function shown(path = '/feed.json'): Promise<Json | undefined> {
  const response = await origin.caches.store(SHOWN_CACHE).match(path);
  return response?.json() as Promise<Json | undefined>;
}

beforeEach(async () => {
  origin = new Origin();
  entries = [];
  told.length = 0;
  const host = { Folding, LiveCache, matchResource, operationFor, parsePosition, relate } as unknown as SharedHost;
  Object.assign(host, { userSpace, putFor });
  host.send = async (message) => told.push(message);
  patches = new Patches(config, host, async () => entries);
  await copy();
});

test('what waits is in the copy that is shown, in order, marked and named by its key', async () => {
  entries = [entry('k1'), entry('k2', { state: 'held' }), entry('k3', { patch: undefined })];
  await patches.changed();
  assert.deepEqual(await shown(), [
    { id: 'a' },
    { id: 'k1', text: 'k1', pending: true },
    { id: 'k2', text: 'k2', pending: true },
  ]);
  const response = await origin.caches.store(SHOWN_CACHE).match('/feed.json');
  assert.equal(response?.headers.get('Offing-Pending'), '2');
  assert.equal(response?.headers.get('Offing-Position'), `${EPOCH}:5`);
  const update = { offing: 'update', url: '/feed.json', position: `${EPOCH}:5`, added: 0, reset: false };
  assert.deepEqual(told, [{ ...update, pending: 2 }]);
  assert.equal(await origin.caches.store(LIVE_CACHE).match('/other.json'), undefined);
});

test('what is published to a channel is shown in every resource of it, and in no other', async () => {
  await new LiveCache(origin.caches.storage).write('/other.json', {
    ...{ value: [], position: { epoch: EPOCH, seq: 1 }, definition: '', keys: '', fetched: '' },
  });
  entries = [entry('k1', { patch: { resource: `${CHANNEL}feed`, event: 'item', data: 'x' } })];
  await patches.changed();
  assert.equal(await shown('/other.json'), undefined);
  assert.ok(await origin.caches.store(SHOWN_CACHE).match('/feed.json'));
});

for (const [why, more, held] of [
  ['the copy has the event with its key', {}, { keys: 'x k1' }],
  [
    'the copy is past the position that the answer named',
    { result: { headers: { 'offing-position': `${EPOCH}:5` } } },
    {},
  ],
  ['the copy was fetched whole after it was done', {}, { fetched: '201' }],
] as const) {
  test(`the patch of an entry that is done goes when ${why}`, async () => {
    entries = [entry('k1', { state: 'done', ended: 200 })];
    await patches.changed();
    assert.ok(await shown());
    entries = [entry('k1', { state: 'done', ended: 200, ...more })];
    await copy(held);
    await patches.changed();
    assert.equal(await shown(), undefined);
    assert.equal((told.at(-1) as { pending: number }).pending, 0);
  });
}

for (const state of ['rejected', 'expired', 'discarded']) {
  test(`the patch of an entry that is ${state} goes`, async () => {
    entries = [entry('k1')];
    await patches.changed();
    entries = [entry('k1', { state })];
    await patches.changed();
    assert.equal(await shown(), undefined);
  });
}

test('while nothing waits, a copy that changes costs nothing and tells nothing', async () => {
  await patches.changed();
  await patches.show('/feed.json');
  assert.deepEqual(told, []);
  assert.equal(origin.caches.store(SHOWN_CACHE).puts, 0);
});

test('a copy that moves on carries the patches with it', async () => {
  entries = [entry('k1')];
  await patches.changed();
  await copy({ value: [{ id: 'a' }, { id: 'b' }], position: { epoch: EPOCH, seq: 6 } });
  await patches.show('/feed.json');
  assert.deepEqual(await shown(), [{ id: 'a' }, { id: 'b' }, { id: 'k1', text: 'k1', pending: true }]);
});

test('what one user has written and not sent is shown to nobody else', async () => {
  await setUser('anna');
  entries = [entry('k1')];
  await patches.changed();
  assert.ok(await shown());
  // Read for anna, stored when ben is there.
  const late = patches.show('/feed.json');
  await setUser('ben');
  await late;
  assert.equal(await shown(), undefined);
  await patches.show('/feed.json');
  assert.equal(await shown(), undefined);
});
