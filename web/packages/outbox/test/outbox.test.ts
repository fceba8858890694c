import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Outbox } from '../src/index.ts';
import { ORIGIN, problem, rest, stored, World } from './world.ts';

let world: World;
let box: Outbox;
beforeEach(() => {
  world = new World();
  box = world.open();
});

const write = (body: string, lane?: string | null) => box.post({ url: '/api/notes', body, lane });
const states = async (): Promise<string[]> => (await box.entries()).map(({ state }) => state);

test('an entry is sent with its key, its place and its body, and is done', async () => {
  const { id } = await box.post({
    url: '/api/notes?x=1',
    method: 'PUT',
    body: 'one',
    headers: { 'x-mine': '1', Authorization: 'Basic x', Cookie: 'a=b', 'Idempotency-Key': '"x"' },
  });
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  await box.drain();
  const [sent] = world.sent;
  assert.equal(sent?.url, `${ORIGIN}/api/notes?x=1`);
  assert.equal(sent?.method, 'PUT');
  assert.equal(sent?.body, 'one');
  assert.equal(sent?.init.redirect, 'manual');
  assert.equal(sent?.headers.get('Idempotency-Key'), `"${id}"`);
  assert.match(
    sent?.headers.get('Offing-Entry') ?? '',
    /^client="[0-9a-f]{32}", lane="https%3A%2F%2Fapp.test%2Fapi%2Fnotes", seq=1, acked=0$/,
  );
  for (const name of ['Offing-User', 'Authorization', 'Cookie', 'Offing-Decision'])
    assert.equal(sent?.headers.get(name), null, name);
  assert.equal(sent?.headers.get('x-mine'), '1');
  assert.deepEqual(world.names(), ['queued', 'sent']);
  assert.equal((await box.entry(id))?.state, 'done');
});

test('a lane is first in, first out, and says what was answered', async () => {
  let most = 0;
  let now = 0;
  world.server = async () => {
    most = Math.max(most, ++now);
    await rest();
    now--;
    return stored();
  };
  for (const body of ['1', '2', '3']) await write(body, 'l');
  await box.drain();
  assert.deepEqual(world.bodies(), ['1', '2', '3']);
  assert.equal(most, 1);
  assert.deepEqual(
    world.sent.map(({ headers }) => headers.get('Offing-Entry')?.replace(/.*seq/, 'seq')),
    ['seq=1, acked=0', 'seq=2, acked=1', 'seq=3, acked=2'],
  );
});

test('four lanes are sent at once, and an entry of no lane is one by itself', async () => {
  let most = 0;
  let now = 0;
  world.server = async () => {
    most = Math.max(most, ++now);
    await rest();
    now--;
    return stored();
  };
  for (let n = 0; n < 9; n++) await write(`${n}`, null);
  await box.drain();
  assert.equal(world.sent.length, 9);
  assert.equal(most, 4);
  assert.match(world.sent[0]?.headers.get('Offing-Entry') ?? '', /^client="[0-9a-f]{32}"$/);
});

test('what fails is sent again later with the same key, and nothing overtakes it', async () => {
  world.server = () => Promise.reject(new TypeError('Failed to fetch'));
  const { id } = await write('1');
  await write('2');
  await box.drain();
  assert.deepEqual(world.names(id), ['queued', 'retry']);
  world.server = () => stored();
  await world.pass(2_000);
  assert.deepEqual(world.bodies(), ['1', '1', '2']);
  assert.equal(world.sent[1]?.headers.get('Idempotency-Key'), `"${id}"`);
});

test('200 entries with one that is refused in the middle deliver 199', async () => {
  world.server = ({ body }) => (body === '100' ? stored('no', { status: 422 }) : stored());
  for (let n = 0; n < 200; n++) await write(`${n}`, 'l');
  await box.drain();
  const ended = await states();
  assert.equal(ended.filter((state) => state === 'done').length, 199);
  assert.equal(ended[100], 'rejected');
  assert.deepEqual(
    world.bodies(),
    Array.from({ length: 200 }, (_, n) => `${n}`),
  );
});

test('offline nothing is tried and nothing counted', async () => {
  world.online = false;
  const { id } = await write('1');
  await world.pass(3_600_000);
  assert.equal(world.sent.length, 0);
  assert.equal((await box.entry(id))?.attempts, 0);
  world.online = true;
  await box.drain(true);
  assert.deepEqual(await states(), ['done']);
});

test('an entry that is posted again is the same entry', async () => {
  const first = await box.post({ id: 'mine', url: '/api', body: '1' });
  const second = await box.post({ id: 'mine', url: '/api', body: '1' });
  assert.equal(first.seq, second.seq);
  await box.drain();
  assert.equal(world.sent.length, 1);
  assert.deepEqual(world.names(), ['queued', 'sent']);
});

test('a 401 has one token fetched for all, and is tried again with it', async () => {
  world.tokens = ['old', 'new'];
  world.server = ({ headers }) =>
    headers.get('Authorization') === 'Bearer new' ? stored() : new Response('', { status: 401 });
  for (const lane of ['a', 'b', 'c']) await write(lane, lane);
  await box.drain();
  assert.deepEqual(await states(), ['done', 'done', 'done']);
  assert.deepEqual(world.tokens, []);
});

test('a second 401 holds the entry, tells once, counts nothing, and another user or token frees it', async () => {
  world.server = () => new Response('', { status: 401 });
  const { id } = await write('1');
  await box.drain();
  await world.pass(700_000);
  assert.equal((await box.entry(id))?.state, 'held');
  assert.equal((await box.entry(id))?.attempts, 0);
  assert.deepEqual(world.names(id), ['queued', 'needs-auth']);
  world.server = () => stored();
  await box.drain(true);
  assert.deepEqual(await states(), ['done']);
});

test('what another user wrote is neither seen nor sent, and stays', async () => {
  world.user = 'anna';
  world.online = false;
  const { id } = await write('anna');
  world.user = 'ben';
  world.online = true;
  await write('ben');
  await box.drain(true);
  assert.deepEqual(world.bodies(), ['ben']);
  assert.equal(await box.entry(id), undefined);
  assert.equal(await box.discard(id), false);
  assert.equal((await box.entries()).length, 1);
  world.user = 'anna';
  await box.drain(true);
  assert.deepEqual(world.bodies(), ['ben', 'anna']);
  assert.equal(world.sent[1]?.headers.get('Offing-User'), 'anna');
  assert.match(world.sent[1]?.headers.get('Offing-Entry') ?? '', /seq=1, acked=0/);
});

test('a user who goes between the claim and the attempt is not sent for', async () => {
  world.user = 'anna';
  world.online = false;
  await write('1');
  await rest();
  world.online = true;
  let asked = 0;
  const other = world.open({ user: async () => (++asked === 1 ? 'anna' : 'ben') });
  await other.drain();
  assert.equal(world.sent.length, 0);
  world.user = 'anna';
  assert.equal((await box.entries())[0]?.state, 'queued');
  assert.equal((await box.entries())[0]?.attempts, 0);
});

test('another user on the server holds the entry', async () => {
  world.user = 'anna';
  world.server = () => problem(403, 'other-user');
  const { id } = await write('1');
  await box.drain();
  const entry = await box.entry(id);
  assert.deepEqual([entry?.state, entry?.problem], ['held', 'other-user']);
});

test('an unknown outcome is held until a person decides', async () => {
  world.server = ({ headers }) => (headers.has('Offing-Decision') ? stored() : problem(409, 'outcome-unknown'));
  const { id } = await write('1');
  await write('2');
  await box.drain();
  assert.equal((await box.entry(id))?.problem, 'unknown');
  await world.pass(1_000_000);
  assert.equal(world.sent.length, 1);
  assert.equal(await box.retry(id), true);
  await box.drain();
  assert.equal(world.sent[1]?.headers.get('Offing-Decision'), 'resend');
  assert.equal(world.sent[2]?.body, '2');
  assert.equal(world.sent[2]?.headers.get('Offing-Decision'), null);
});
