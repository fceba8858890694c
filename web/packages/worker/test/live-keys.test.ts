import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rest } from './fakes.ts';
import { A, Life } from './life.ts';

test('a copy says whose writes it holds, the last 32, and starts anew when it is fetched whole', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [] });
  const frame = (seq: number, key?: string) =>
    life.line.frame({ event: 'e', channel: 'feed', id: `${A}:${seq}`, data: '"x"', ...(key && { key }) });
  const keys = async () => (await life.cache.match('/feed.json'))?.headers.get('Offing-Keys');
  frame(2, 'one key');
  frame(3);
  frame(4, 'k4');
  frame(4, 'again');
  await rest();
  assert.equal(await keys(), 'one%20key k4 again', 'what comes twice is not folded twice, and its key does no harm');
  for (let seq = 5; seq < 40; seq++) frame(seq, `k${seq}`);
  frame(50, 'beyond a hole');
  await rest();
  assert.equal((await keys())?.split(' ').length, 32);
  assert.match((await keys()) ?? '', /k39$/);
  life.line.event('feed', `${A}:40`, null, 'flush');
  life.server.set('/feed.json', { position: `${A}:50`, value: [] });
  await rest();
  assert.match((await life.cache.match('/feed.json'))?.headers.get('Offing-Fetched') ?? '', /^\d{13}$/);
});
