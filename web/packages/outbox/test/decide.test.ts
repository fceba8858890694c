// Conflicts, refusals that halt, ends by age, and what a person decides.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Outbox } from '../src/index.ts';
import { rest, stored, World } from './world.ts';

const DAY = 86_400_000;
let world: World;
let box: Outbox;
beforeEach(() => {
  world = new World();
  box = world.open();
  world.server = ({ body, headers }) =>
    body === 'clash' && !headers.has('x-force') ? stored('theirs', { status: 409 }) : stored();
});

const write = (body: string, more: object = {}) => box.post({ url: '/api', body, ...more });
const places = () =>
  world.sent.map(({ body, headers }) => `${body} ${/seq=\d+/.exec(headers.get('Offing-Entry') ?? '')}`);
const stateOf = async (id: string) => (await box.entry(id))?.state;

async function clash(): Promise<string> {
  const { id } = await write('clash');
  await write('after');
  await box.drain();
  assert.equal(await stateOf(id), 'conflict');
  assert.equal(world.sent.length, 1, 'its lane waits');
  return id;
}

test('a conflict holds its lane and no other, and tells what the server said', async () => {
  const id = await clash();
  await write('elsewhere', { lane: 'b' });
  await box.drain();
  assert.deepEqual(world.names(id), ['queued', 'conflict']);
  assert.equal(await (await box.entry(id))?.result?.body?.text(), 'theirs');
  assert.equal(world.sent.length, 2);
  assert.equal(await box.retry(id), false, 'only resolve() settles it');
});

test('theirs drops the entry, and the lane goes on', async () => {
  const id = await clash();
  const settled = await box.resolve(id, 'theirs');
  await box.drain();
  assert.equal(settled?.state, 'discarded');
  assert.deepEqual(world.names(id), ['queued', 'conflict', 'discarded']);
  assert.deepEqual(places(), ['clash seq=1', 'after seq=2']);
});

test('mine is a new entry with a new key in the same place, and everything after it moves up', async () => {
  const id = await clash();
  const mine = await box.resolve(id, 'mine', { headers: { 'x-force': '1' } });
  await box.drain();
  assert.notEqual(mine?.id, id);
  assert.equal(await stateOf(id), 'discarded');
  assert.deepEqual(places(), ['clash seq=1', 'clash seq=2', 'after seq=3']);
  assert.deepEqual((await write('last')).seq, 4);
});

test('a merge has a body of its own', async () => {
  const id = await clash();
  const merged = await box.resolve(id, 'mine', { body: 'merged' });
  await box.drain();
  assert.equal(merged?.bytes, 6);
  assert.deepEqual(places(), ['clash seq=1', 'merged seq=2', 'after seq=3']);
  assert.equal(await box.resolve(id, 'mine'), undefined, 'it is settled once');
});

test('while a conflict waits its followers do not grow older', async () => {
  const id = await clash();
  world.now += 30 * DAY;
  await box.drain();
  assert.ok(!world.names().includes('expired'));
  await write('late');
  await box.resolve(id, 'theirs');
  await box.drain();
  assert.deepEqual(places(), ['clash seq=1', 'after seq=2', 'late seq=3']);
});

test('a refusal halts the lane where the rule says so', async () => {
  world.server = ({ body }) => stored('', { status: body === 'bad' ? 422 : 200 });
  const { id } = await box.post({ url: '/api', body: 'bad' }, { reject: 'halt' });
  await write('after');
  await box.drain();
  assert.equal(await stateOf(id), 'conflict');
  assert.equal(world.sent.length, 1);
  await box.discard(id);
  await box.drain();
  assert.deepEqual(places(), ['bad seq=1', 'after seq=2']);
});

test('what is too old ends with an event, and its lane goes on', async () => {
  world.online = false;
  const { id } = await write('old', { expires: 1_000 });
  await write('new');
  await world.pass(2_000);
  world.online = true;
  await box.drain(true);
  assert.equal(await stateOf(id), 'expired');
  assert.deepEqual(world.names(id), ['queued', 'expired']);
  assert.deepEqual(places(), ['new seq=2']);
});

test('no entry outlives the server’s memory of its key', async () => {
  const short = world.open({ keys: 2 * DAY });
  const { created, expires } = await short.post({ url: '/api', expires: 30 * DAY });
  assert.equal(expires - created, 2 * DAY - 3_600_000);
});

test('what is being sent is not dropped, what waits is', async () => {
  let answer = (_: Response): void => undefined;
  world.server = () => new Promise((resolve) => (answer = resolve));
  const { id } = await write('1');
  const second = await write('2');
  await rest();
  assert.equal(await box.discard(id), false);
  assert.equal(await box.discard(second.id), true);
  assert.equal(await box.discard(second.id), false);
  answer(stored());
  await box.drain();
  assert.deepEqual(places(), ['1 seq=1']);
});

test('on request an entry that was never sent is replaced by the next one', async () => {
  world.online = false;
  const put = (body: string, terms = { coalesce: true }) => box.post({ url: '/doc', method: 'PUT', body }, terms);
  const first = await put('1');
  assert.equal((await put('2')).id, first.id);
  await put('3', { coalesce: false });
  world.online = true;
  await box.drain(true);
  assert.deepEqual(places(), ['2 seq=1', '3 seq=2']);
});

test('an entry that was tried is not replaced', async () => {
  world.server = () => Promise.reject(new TypeError('Failed to fetch'));
  const put = (body: string) => box.post({ url: '/doc', method: 'PUT', body }, { coalesce: true });
  const first = await put('1');
  await box.drain();
  assert.notEqual((await put('2')).id, first.id);
});

test('ends that no page was told of are told when one asks, once, and go a day later', async () => {
  world.windows = 0;
  await write('1');
  await box.drain();
  const [end] = await box.untold();
  assert.equal((await box.untold()).length, 1, 'a page that died of it has heard nothing');
  assert.deepEqual(await box.untold([end?.id ?? '']), []);
  assert.deepEqual(await box.untold(), []);
  await world.pass(DAY - 60_000);
  await box.drain();
  assert.equal((await box.entries()).length, 1);
  await world.pass(120_000);
  await box.drain();
  assert.equal((await box.entries()).length, 0);
});
