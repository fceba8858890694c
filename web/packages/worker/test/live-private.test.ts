// Live resources of private channels: copies of one user, asked for and subscribed to by a token.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setUser } from '../src/user.ts';
import { rest } from './fakes.ts';
import { A, Life, subscribe, unsubscribe } from './life.ts';
import { Origin } from './origin.ts';

const MINE = '/mine.json';
let origin: Origin;
let life: Life;

beforeEach(async () => {
  origin = new Origin();
  life = new Life(origin.caches);
  life.tokens = ['T1', 'T2'];
  life.server.set(MINE, { position: `${A}:1`, value: ['a'] });
});

async function change(id: string | null): Promise<void> {
  if (await setUser(id)) life.live.userChanged();
  await rest();
}

test('while nobody is logged in nothing private is fetched or kept', async () => {
  assert.equal(await life.live.show(MINE), undefined);
  assert.equal(await life.live.response(MINE), undefined);
  assert.deepEqual(life.fetches, []);
});

test('it is fetched as the user and subscribed to by the token', async () => {
  await setUser('ada');
  await life.live.show(MINE);
  life.line.establish();
  await rest();
  assert.deepEqual(life.own, [MINE]);
  const [event, data] = subscribe('private-mine', `${A}:1`) as [string, object];
  assert.deepEqual(life.line.take(), [[event, { ...data, token: 'T1' }]]);
  life.line.subscribed('private-mine', `${A}:1`);
  life.line.event('private-mine', `${A}:2`, 'b');
  await rest();
  assert.deepEqual(await life.stored(MINE), [`${A}:2`, ['a', 'b']]);
  assert.equal((await life.cache.match(MINE))?.headers.get('Cache-Control'), 'private, no-cache');
});

test('a token that is refused is asked for once more, and then it stays refused', async () => {
  await setUser('ada');
  await life.live.show(MINE);
  life.line.establish();
  await rest();
  const refuse = async (): Promise<unknown> => {
    life.line.take();
    const data = { type: 'AuthError', error: 'the token is expired', status: 401 };
    life.line.frame({ event: 'pusher:subscription_error', channel: 'private-mine', data });
    await rest();
    return life.line.take().map(([, sent]) => sent['token']);
  };
  assert.deepEqual(await refuse(), ['T2']);
  assert.deepEqual(await refuse(), []);
  assert.deepEqual(life.reports, ['subscription: private-mine: the token is expired']);
});

test('another user sees nothing of it, and its channel is left', async () => {
  await setUser('ada');
  await life.shown(MINE, { position: `${A}:1`, value: ['a'] });
  await life.shown('/feed.json', { position: `${A}:1`, value: ['for all'] });
  await change('ada');
  assert.deepEqual((await life.stored(MINE))[1], ['a'], 'the same user keeps it');
  life.line.take();
  await change('ben');
  assert.equal(await life.cache.match(MINE), undefined);
  assert.deepEqual((await life.stored('/feed.json'))[1], ['for all']);
  assert.deepEqual(life.line.take(), [unsubscribe('private-mine')]);
  life.line.event('private-mine', `${A}:2`, 'b');
  await rest();
  assert.equal(await life.cache.match(MINE), undefined);
  life.server.set(MINE, { position: `${A}:7`, value: ["ben's"] });
  await life.live.show(MINE);
  assert.deepEqual((await life.stored(MINE))[1], ["ben's"]);
});

test('what was under way when the user left is not kept', async () => {
  await setUser('ada');
  const shown = life.live.show(MINE);
  await change(null);
  await shown;
  await rest();
  assert.equal(await life.cache.match(MINE), undefined);
  assert.equal(await life.live.response(MINE), undefined);
});

test('an event that is folded while the user leaves does not bring the copy back', async () => {
  await setUser('ada');
  await life.shown(MINE, { position: `${A}:1`, value: ['a'] });
  life.line.event('private-mine', `${A}:2`, 'b');
  await change(null);
  assert.equal(await life.cache.match(MINE), undefined);
});
