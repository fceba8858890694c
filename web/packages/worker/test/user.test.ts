import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { logout, putFor, setUser, userSpace } from '../src/user.ts';
import { Origin } from './origin.ts';

let origin: Origin;
beforeEach(() => (origin = new Origin()));

const hash = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 16);
const mine = async (id: string): Promise<string> => {
  await setUser(id);
  const name = `offing-user-${hash(id)}-me`;
  origin.caches.store(name);
  return name;
};
const kept = (): string[] => origin.names.filter((name) => name !== 'offing-state');

test('a user is known by sixteen digits of a hash', async () => {
  assert.equal(await userSpace(), undefined);
  await setUser('änna');
  assert.equal(await userSpace(), hash('änna'));
  await setUser(null);
  assert.equal(await userSpace(), undefined);
});

test('another user, or nobody, wipes what is kept per user and nothing else', async () => {
  origin.caches.store('offing-run-news');
  const name = await mine('anna');
  await setUser('anna');
  assert.deepEqual(kept(), ['offing-run-news', name]);
  const next = await mine('ben');
  assert.deepEqual(kept(), ['offing-run-news', next]);
  await setUser(null);
  assert.deepEqual(kept(), ['offing-run-news']);
});

test('private copies of live resources go with their user, and what was shown of writes that wait', async () => {
  await setUser('anna');
  for (const name of ['offing-live', 'offing-shown']) {
    const cache = origin.caches.store(name);
    await cache.put('/mine.json', new Response('1', { headers: { 'Cache-Control': 'private, no-cache' } }));
    await cache.put('/feed.json', new Response('2', { headers: { 'Cache-Control': 'no-cache' } }));
  }
  assert.equal(await setUser('anna'), false);
  assert.equal(origin.caches.store('offing-live').entries.size, 2);
  assert.equal(await setUser('ben'), true);
  assert.deepEqual([...origin.caches.store('offing-live').entries.keys()], ['https://app.test/feed.json']);
  assert.ok(!origin.names.includes('offing-shown'));
});

test('an empty id is a user', async () => {
  await setUser('');
  assert.equal(await userSpace(), hash(''));
});

test('what was fetched for a user is stored while that user is there', async () => {
  await setUser('anna');
  const put = putFor(await userSpace());
  assert.equal(await put(async () => undefined), true);
});

test('what was under way when the user changed is not stored, also if the user is back', async () => {
  let puts = 0;
  const count = async (): Promise<void> => void puts++;
  await setUser('anna');
  const put = putFor(await userSpace());
  await setUser('ben');
  assert.equal(await put(count), false);
  await new Promise((resolve) => setTimeout(resolve, 2));
  await setUser('anna');
  assert.equal(await put(count), false);
  assert.equal(puts, 0);
  assert.equal(await putFor(undefined)(count), true, 'what is for everybody always is');
});

test('a change waits for what is being stored, and then wipes it', async () => {
  await setUser('anna');
  const put = putFor(await userSpace());
  let release = (): void => undefined;
  const slow = put(async () => {
    await new Promise<void>((resolve) => (release = resolve));
    origin.caches.store(`offing-user-${hash('anna')}-me`);
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const change = setUser(null);
  release();
  await Promise.all([slow, change]);
  assert.deepEqual(kept(), []);
});

const answered = (init: ResponseInit, type?: string) => async (): Promise<Response> => {
  const response = new Response(null, init);
  if (type) Object.defineProperty(response, 'type', { value: type });
  return response;
};

test('a request to a log-out path that succeeds logs out, one that fails does not', async () => {
  for (const [load, user] of [
    [answered({ status: 204 }), undefined],
    [answered({ status: 200 }, 'opaqueredirect'), undefined],
    [answered({ status: 403 }), hash('anna')],
    [answered({ status: 500 }), hash('anna')],
  ] as const) {
    await setUser('anna');
    await logout(['/logout'], new Request('https://app.test/logout?all', { method: 'POST' }), load);
    assert.equal(await userSpace(), user);
  }
  const other = new Request('https://app.test/logout/page');
  assert.equal(logout(['/logout'], other, answered({})), undefined);
  assert.equal(logout(['/logout'], new Request('https://other.test/logout'), answered({})), undefined);
  assert.equal(logout(undefined, other, answered({})), undefined);
});
