import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_QUEUE } from '../src/live-document.ts';
import { MAX_LIVE } from '../src/live.ts';
import { rest } from './fakes.ts';
import { A, Life, subscribe, unsubscribe } from './life.ts';

test('invalidate fetches the whole copy once', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.server.set('/feed.json', { position: `${A}:3`, value: ['fresh'] });
  life.line.event('feed', `${A}:2`, 2);
  life.line.event('feed', `${A}:3`, '', 'flush');
  life.line.event('feed', `${A}:4`, 4);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:3`, ['fresh']]);
  assert.deepEqual(life.line.take(), [unsubscribe('feed'), subscribe('feed', `${A}:3`)]);
  life.line.subscribed('feed', `${A}:3`);
  life.line.event('feed', `${A}:4`, 4);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:4`, ['fresh', 4]]);
  assert.deepEqual(life.fetches, ['/feed.json', '/feed.json']);
});

test('an invalidate whose fetch fails keeps the copy before it, and is tried again with the next ping', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.offline = true;
  life.line.event('feed', `${A}:2`, '', 'flush');
  for (let seq = 3; seq < 10; seq++) life.line.event('feed', `${A}:${seq}`, seq);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:1`, [1]]);
  assert.equal(life.fetches.length, 2, 'it does not hammer');
  life.offline = false;
  life.server.set('/feed.json', { position: `${A}:8`, value: ['fresh'] });
  await life.live.wake();
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:9`, ['fresh', 9]]);
});

test('a URL that could not be fetched is fetched when the connection is there', async () => {
  const life = new Life();
  life.offline = true;
  life.server.set('/feed.json', { position: `${A}:1`, value: [1] });
  assert.equal(await life.live.show('/feed.json'), undefined);
  life.offline = false;
  await life.live.wake();
  life.line.establish();
  await rest();
  assert.deepEqual(life.updates, [['/feed.json', `${A}:1`, 0, true]]);
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:1`)]);
});

test('what the server does not have is not cached, nor asked for again', async () => {
  const life = new Life();
  assert.equal(await life.live.show('/rooms/none'), undefined);
  await life.live.wake();
  assert.deepEqual(life.fetches, ['/rooms/none']);
  assert.equal(life.cache.entries.size, 0);
});

test('a server in trouble does not cost the copy', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.server.set('/feed.json', { position: '', value: null, status: 503 });
  life.line.event('feed', `${A}:2`, '', 'flush');
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:1`, [1]]);
});

test('a path that is no live resource is left alone', async () => {
  const life = new Life();
  assert.equal(await life.live.show('/other.json'), undefined);
  assert.equal(life.live.isLive('/other.json'), false);
  assert.deepEqual(life.fetches, []);
});

test('a copy that was folded by other rules is fetched when the worker starts', async () => {
  const first = new Life();
  await first.shown('/feed.json', { position: `${A}:1`, value: ['old rules'], definition: 'aaaaaaaa' });
  const second = new Life(first.caches);
  second.server.set('/feed.json', { position: `${A}:1`, value: ['new rules'] });
  await second.live.wake();
  await rest();
  assert.deepEqual(second.fetches, ['/feed.json']);
  assert.deepEqual(await second.stored('/feed.json'), [`${A}:1`, ['new rules']]);
});

test('a copy that the server folds by rules that this worker has not is fetched, never patched', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: ['theirs'], definition: 'aaaaaaaa' });
  life.server.set('/feed.json', { position: `${A}:2`, value: ['theirs', 'theirs'], definition: 'aaaaaaaa' });
  life.line.event('feed', `${A}:2`, 'ours');
  await rest();
  const stored = await life.cache.match('/feed.json');
  assert.deepEqual(await stored?.json(), ['theirs', 'theirs']);
  assert.equal(life.fetches.length, 2);
});

test('a full disk leaves the copy as it was, and the events come again', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.cache.full = true;
  life.line.event('feed', `${A}:2`, 2);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:1`, [1]]);
  assert.match(life.reports.join(), /cache: .*Quota/);
  life.cache.full = false;
  life.line.connection?.closed(1006, '');
  life.line.pass(life.line.due - life.line.clock);
  life.server.set('/feed.json', { position: `${A}:2`, value: [1, 2] });
  life.line.establish();
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:2`, [1, 2]]);
});

test('more events than may wait: the first are applied, the rest is asked for again', async () => {
  const life = new Life();
  await life.shown('/rooms/a', { position: '0:0', value: [] });
  const applied = MAX_QUEUE + 1; // one is being applied while the others wait
  for (let seq = 1; seq <= applied + 100; seq++) life.line.event('room-a', `${A}:${seq}`, seq);
  await rest();
  assert.deepEqual(await life.stored('/rooms/a'), [`${A}:${applied}`, [applied - 2, applied - 1, applied]]);
  assert.deepEqual(life.line.take(), [unsubscribe('room-a'), subscribe('room-a', `${A}:${applied}`)]);
});

test('the URL that was shown longest ago makes room, and its channel is left', async () => {
  const life = new Life();
  const count = MAX_LIVE + 1;
  for (let i = 0; i < count; i++) life.server.set(`/rooms/${i}`, { position: '0:0', value: [] });
  await life.live.show('/rooms/0');
  life.line.establish();
  for (let i = 1; i < MAX_LIVE; i++) await life.live.show(`/rooms/${i}`);
  await rest();
  await life.live.show('/rooms/0');
  life.line.take();
  await life.live.show(`/rooms/${MAX_LIVE}`);
  await rest();
  assert.equal(life.cache.entries.size, MAX_LIVE);
  assert.equal(await life.cache.match('/rooms/1'), undefined);
  assert.ok(await life.cache.match('/rooms/0'));
  assert.deepEqual(life.line.take(), [unsubscribe('room-1'), subscribe(`room-${MAX_LIVE}`, '0:0')]);
});

test('a channel without a log, and one that is refused, are told and not asked for again', async () => {
  const life = new Life();
  life.server.set('/rooms/a', { position: '0:0', value: [] });
  life.server.set('/rooms/b', { position: '0:0', value: [] });
  await life.live.show('/rooms/a');
  await life.live.show('/rooms/b');
  life.line.establish();
  await rest();
  life.line.take();
  life.line.subscribed('room-a');
  life.line.frame({ event: 'pusher:subscription_error', channel: 'room-b', data: { error: 'not yours', status: 401 } });
  await life.live.wake(true);
  await rest();
  assert.deepEqual(life.line.take(), []);
  assert.deepEqual(life.reports, ['subscription: room-a: the channel has no log', 'subscription: room-b: not yours']);
});

test('a copy that somebody deleted is left, not made up', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.cache.entries.clear();
  life.line.event('feed', `${A}:2`, 2);
  await rest();
  assert.equal(life.cache.entries.size, 0);
  assert.deepEqual(life.line.take(), [unsubscribe('feed')]);
});
