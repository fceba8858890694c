import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Entry, EntryPost } from '@offing/protocol';
import { type Call, value, World } from './outbox-world.ts';

const world = new World();
world.install(new URL('https://app.test/here/'), world.container);
const { logout, outbox, publish } = await import('../src/outbox.ts');
const { auth, setUser } = await import('../src/user.ts');

const posted = (call: Call | undefined): EntryPost => call?.args?.[0] as EntryPost;
const takes = (call: Call): unknown => value({ ...posted(call), state: 'queued' });
const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

beforeEach(() => {
  world.calls.length = 0;
  world.speed = 1;
  world.answer = takes;
});

test('an object is posted as JSON, under a UUIDv7', async () => {
  const before = Date.now();
  const entry = await outbox.post('notes', { text: 'ü' }, { expires: 5, notify: 'sent' });
  const post = posted(world.calls[0]);
  assert.equal(entry.id, post.id);
  assert.match(post.id as string, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const at = parseInt((post.id as string).replace('-', '').slice(0, 12), 16);
  assert.ok(at >= before && at <= Date.now());
  const { url, method, headers, expires, notify, lane } = post;
  assert.deepEqual(
    [url, method, headers, expires, notify, lane],
    ['https://app.test/here/notes', 'POST', { 'content-type': 'application/json' }, 5, 'sent', undefined],
  );
  assert.equal(await (post.body as Blob).text(), '{"text":"ü"}');
});

test('a method, headers and a body are as fetch() makes them: text, forms with files, nothing', async () => {
  await outbox.post('/a', 'text', { method: 'PUT', headers: { 'If-Match': '"1"' } });
  const form = new FormData();
  form.append('photo', new File(['PIXELS'], 'a.png', { type: 'image/png' }));
  await outbox.post('/b', form);
  await outbox.post('/c', undefined, { method: 'DELETE' });
  const [text, files, none] = world.calls.map(posted) as [EntryPost, EntryPost, EntryPost];
  assert.equal(text.method, 'PUT');
  assert.deepEqual(text.headers, { 'if-match': '"1"', 'content-type': 'text/plain;charset=UTF-8' });
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(files.headers?.['content-type'] ?? '')?.[1] ?? '?';
  const body = await (files.body as Blob).text();
  assert.ok(body.includes(boundary) && body.includes('filename="a.png"') && body.includes('PIXELS'));
  assert.deepEqual([none.method, none.body, none.headers], ['DELETE', undefined, {}]);
});

test('a worker that does not answer is told again, of the same entry', async () => {
  world.speed = 100;
  world.answer = (call) => (world.calls.length < 3 ? undefined : takes(call));
  await outbox.post('/a', {});
  assert.equal(world.calls.length, 3);
  assert.equal(new Set(world.calls.map((call) => posted(call).id)).size, 1);
});

test('a worker that never answers is an error in the end', async () => {
  world.speed = 1_000;
  world.answer = () => undefined;
  await assert.rejects(outbox.post('/a', {}), { name: 'TimeoutError' });
  assert.equal(world.calls.length, 5);
});

test('an error of the worker comes with its name', async () => {
  world.answer = () => ({ offing: 'outbox', error: { name: 'OutboxFull', message: 'no room' } });
  await assert.rejects(outbox.post('/a', {}), { name: 'OutboxFull', message: 'no room' });
});

test('the outbox of a lane posts there, lists what is there and tells of that only', async () => {
  const room = outbox({ lane: 'room' });
  const heard: string[] = [];
  const off = room.on('change', ({ id }, event) => heard.push(`${event} ${id}`));
  await room.post('/a', {});
  assert.equal(posted(world.calls[0]).lane, 'room');
  world.answer = () => value([]);
  await room.entries();
  assert.deepEqual(world.calls[1]?.args, [{ lane: 'room' }]);
  world.event('sent', { id: '1', lane: 'room' });
  world.event('sent', { id: '2', lane: 'other' });
  off();
  world.event('sent', { id: '3', lane: 'room' });
  assert.deepEqual(heard, ['sent 1']);
});

test('who asks first hears how those ended that no page was told of', async () => {
  world.answer = () =>
    value([
      { id: '1', state: 'done' },
      { id: '2', state: 'rejected' },
    ] as Entry[]);
  const heard: string[] = [];
  const hear = ({ id }: Entry, event: string): unknown => heard.push(`${event} ${id}`);
  outbox.on('sent', hear);
  outbox.on('rejected', hear);
  await rest();
  outbox.on('expired', hear);
  await rest();
  world.event('rejected', { id: '3', state: 'rejected' });
  assert.deepEqual(heard, ['sent 1', 'rejected 2', 'rejected 3']);
  assert.deepEqual(
    world.calls.map(({ call, args }) => [call, args]),
    [
      ['untold', []],
      ['untold', [['1', '2']]],
    ],
  );
});

test('settled() waits for the end, and knows one that is past', async () => {
  world.answer = () => value({ id: '7', state: 'queued' });
  const end = outbox.settled('7');
  await rest();
  world.event('retry', { id: '7', state: 'queued' });
  world.event('sent', { id: '8', state: 'done' });
  world.event('sent', { id: '7', state: 'done' });
  assert.equal((await end)?.state, 'done');
  world.answer = () => value({ id: '7', state: 'rejected' });
  assert.equal((await outbox.settled('7'))?.state, 'rejected');
  world.answer = () => value(undefined);
  assert.equal(await outbox.settled('9'), undefined);
});

test('retry, discard, resolve and flush are passed on as they are', async () => {
  world.answer = () => value(true);
  assert.equal(await outbox.retry('1'), true);
  await outbox.discard('2');
  await outbox.resolve('3', 'mine', { body: 'x', headers: { 'If-Match': '"2"' } });
  await outbox.flush();
  assert.deepEqual(
    world.calls.map(({ call, args }) => [call, args]),
    [
      ['retry', ['1']],
      ['discard', ['2']],
      ['resolve', ['3', 'mine', { body: 'x', headers: { 'if-match': '"2"' } }]],
      ['flush', []],
    ],
  );
});

test('publishing is a post to the channel', async () => {
  await publish('room 1', 'message', { text: 'hi' });
  const { url, body } = posted(world.calls[0]);
  assert.equal(url, 'https://app.test/_offing/channels/room%201/events');
  assert.equal(await (body as Blob).text(), '{"name":"message","data":{"text":"hi"}}');
});

test('who logs out says what becomes of what waits', async () => {
  world.answer = () => ({ offing: 'user', user: '' });
  await setUser('ann');
  await logout();
  await logout({ pending: 'flush' });
  assert.deepEqual(world.calls, [
    { offing: 'user', id: 'ann', pending: 'keep' },
    { offing: 'user', id: null, pending: 'keep' },
    { offing: 'user', id: null, pending: 'flush' },
  ]);
});

test('a worker that wants a token gets one: none, of a function, of an endpoint, none if that fails', async () => {
  const token = async (): Promise<unknown> => {
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    world.hears({ offing: 'token' }, [port2]);
    return answer.finally(() => port1.close());
  };
  assert.equal(await token(), '');
  auth(() => 'T1');
  assert.equal(await token(), 'T1');
  auth(async () => Promise.reject(new Error('no')));
  assert.equal(await token(), '');
  auth('/token');
  const asked: unknown[] = [];
  globalThis.fetch = async (url) => (asked.push(url), Response.json({ token: 'T2' }));
  assert.equal(await token(), 'T2');
  globalThis.fetch = async () => new Response('', { status: 401 });
  assert.equal(await token(), '');
  assert.deepEqual(asked, ['/token']);
});
