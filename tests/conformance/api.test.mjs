// The signed HTTP API: what it takes, what it answers, what it refuses.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { APP, signedQuery } from '../lib/api.mjs';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { fresh, serverForFile } from './fixture.mjs';

const on = serverForFile();
const event = (extra = {}) => ({ name: 'e', data: 'x', channels: [fresh('c-')], ...extra });
const post = (what, json, options) => on.api.call('POST', what, { json, ...options });

function assertError({ status, body, headers }, expected, what) {
  assert.equal(status, expected, `${what}: ${JSON.stringify(body)}`);
  assert.equal(typeof body.error, 'string', what);
  assert.match(headers.get('content-type'), /^application\/json/, what);
}

describe('who may call', () => {
  const seconds = (n) => ({ now: Date.now() + n * 1000 });
  const refused = {
    'a wrong signature': { spoil: (params) => (params.auth_signature = '0'.repeat(64)) },
    'no signature': { spoil: (params) => delete params.auth_signature },
    'another secret': { app: { ...APP, secret: 'other' } },
    'an unknown key': { app: { ...APP, key: 'other' } },
    'no key': { change: (params) => delete params.auth_key },
    'a timestamp 610 s ago': seconds(-610),
    'a timestamp 610 s ahead': seconds(610),
    'no timestamp': { change: (params) => delete params.auth_timestamp },
    'a timestamp that is no number': { change: (params) => (params.auth_timestamp = 'now') },
    'another auth_version': { change: (params) => (params.auth_version = '2.0') },
    'no auth_version': { change: (params) => delete params.auth_version },
    'a body_md5 of another body': { change: (params) => (params.body_md5 = '0'.repeat(32)) },
    'no body_md5': { change: (params) => delete params.body_md5 },
    'a parameter that was not signed': { spoil: (params) => (params.extra = '1') },
  };
  for (const [what, options] of Object.entries(refused)) {
    test(`${what}: 401`, async () => {
      const channel = fresh('c-');
      const client = await PusherSocket.open(on.port);
      await client.subscribe(channel);
      const { app, ...signing } = options;
      const api = app ? Object.assign(Object.create(on.api), { app: { ...on.api.app, ...app } }) : on.api;
      assertError(await api.call('POST', '/events', { json: event({ channels: [channel] }), ...signing }), 401, what);
      await client.settle();
      assert.deepEqual(client.events, []);
      client.close();
    });
  }

  for (const [what, options] of Object.entries({
    'a timestamp 590 s ago': seconds(-590),
    'and 590 s ahead': seconds(590),
  })) {
    test(`${what}: taken`, async () => assert.equal((await post('/events', event(), options)).status, 200));
  }

  test('an app that does not exist: 404', async () => {
    assertError(await post('/apps/999/events', event()), 404, 'app 999');
  });

  test('a call that the API does not have: 404, a method that it does not have: 405 with Allow', async () => {
    assertError(await on.api.call('GET', '/nothing'), 404, 'GET /nothing');
    const wrong = await on.api.call('DELETE', '/channels');
    assertError(wrong, 405, 'DELETE /channels');
    assert.match(wrong.headers.get('allow'), /GET/);
    const get = await on.api.call('GET', '/events');
    assertError(get, 405, 'GET /events');
    assert.match(get.headers.get('allow'), /POST/);
  });

  test('a path that is sent encoded may be signed as it reads', async () => {
    const query = signedQuery({ method: 'GET', path: '/apps/1/channels/a@b;c' });
    const answer = await fetch(`${on.server.origin}/apps/1/channels/a%40b%3Bc?${query}`);
    assert.equal(answer.status, 200);
  });
});

describe('publishing', () => {
  const misshapen = {
    'no name': { name: undefined },
    'a name that is not a string': { name: 5 },
    'an empty name': { name: '' },
    'a name of 201 bytes': { name: 'x'.repeat(201) },
    'no data': { data: undefined },
    'data that is not a string': { data: { a: 1 } },
    'no channel': { channels: undefined },
    'an empty list of channels': { channels: [] },
    '101 channels': { channels: Array.from({ length: 101 }, (_, n) => `c${n}`) },
    'a channel name with a space': { channels: ['a b'] },
    'an empty channel name': { channels: [''] },
    'a channel name of 201 characters': { channels: ['x'.repeat(201)] },
    'a channel that is not a string': { channels: [5] },
    'a socket_id that is none': { socket_id: 'nobody' },
  };
  for (const [what, change] of Object.entries(misshapen)) {
    test(`${what}: 400`, async () => assertError(await post('/events', event(change)), 400, what));
  }

  test('a body that is not JSON, or not an object: 400', async () => {
    for (const body of ['', 'nonsense', '[]', '"x"', '{"name":', '['.repeat(5000)]) {
      assertError(await on.api.call('POST', '/events', { body }), 400, JSON.stringify(body.slice(0, 20)));
    }
  });

  test('data of 10,240 bytes is taken, of 10,241 is 413, in a batch too; bytes count, not characters', async () => {
    assert.equal((await post('/events', event({ data: 'x'.repeat(10_240) }))).status, 200);
    assertError(await post('/events', event({ data: 'x'.repeat(10_241) })), 413, 'one');
    assertError(await post('/events', event({ data: 'é'.repeat(5_121) })), 413, 'two bytes each');
    const batch = [{ channel: 'c', name: 'e', data: 'x'.repeat(10_241) }];
    assertError(await post('/batch_events', { batch }), 413, 'batch');
  });

  test('a single channel may be named by channel', async () => {
    const channel = fresh('c-');
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    assert.equal((await post('/events', { name: 'e', data: 'x', channel })).status, 200);
    await client.nextEvent('e');
    client.close();
  });

  test('info=subscription_count is answered for each channel', async () => {
    const [one, two] = [fresh('c-'), fresh('c-')];
    const client = await PusherSocket.open(on.port);
    await client.subscribe(one);
    const { body } = await post('/events', event({ channels: [one, two], info: 'subscription_count' }));
    assert.deepEqual(body, { channels: { [one]: { subscription_count: 1 }, [two]: { subscription_count: 0 } } });
    client.close();
  });
});

describe('a batch', () => {
  const item = (channel, extra = {}) => ({ channel, name: 'e', data: 'x', ...extra });

  test('of ten is published in order', async () => {
    const channel = fresh('c-');
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    const batch = Array.from({ length: 10 }, (_, n) => item(channel, { data: String(n) }));
    const answer = await post('/batch_events', { batch });
    assert.deepEqual([answer.status, answer.body], [200, {}]);
    await client.settle();
    assert.deepEqual(
      client.events.map((each) => each.data),
      batch.map((each) => each.data),
    );
    client.close();
  });

  test('of eleven, or of none that is a list, is refused whole', async () => {
    const channel = fresh('log-');
    const batch = Array.from({ length: 11 }, () => item(channel));
    assertError(await post('/batch_events', { batch }), 400, 'eleven');
    assertError(await post('/batch_events', { batch: 'x' }), 400, 'a string');
    assertError(await post('/batch_events', {}), 400, 'nothing');
    assertError(await post('/batch_events', { batch: [item(channel), item('a b')] }), 400, 'one bad item');
    const { body } = await on.api.call('GET', `/channels/${channel}`, { query: { info: 'log' } });
    assert.equal(body.log?.head ?? 0, 0);
  });

  test('honours socket_id and info item by item, and answers an id where there is a log', async () => {
    const [plain, logged] = [fresh('c-'), fresh('log-')];
    const client = await PusherSocket.open(on.port);
    await client.subscribe(plain);
    await client.subscribe(logged);
    const batch = [
      item(plain, { socket_id: client.socketId, data: 'mine' }),
      item(plain, { info: 'subscription_count', data: 'theirs' }),
      item(logged),
    ];
    const { status, body } = await post('/batch_events', { batch });
    assert.equal(status, 200);
    assert.match(body.batch[2].event_id, /^[0-9a-f]{12}:1$/);
    assert.deepEqual(body.batch.slice(0, 2), [{}, { subscription_count: 1 }]);
    await client.settle();
    const heard = (channel) => client.events.filter((each) => each.channel === channel).map((each) => each.data);
    assert.deepEqual([heard(plain), heard(logged)], [['theirs'], ['x']]);
    client.close();
  });
});

describe('asking', () => {
  test('the occupied channels, by prefix, and none once the last subscriber has gone', async () => {
    const prefix = fresh('ask-');
    const client = await PusherSocket.open(on.port);
    for (const name of ['a', 'b']) await client.subscribe(`${prefix}${name}`);
    await client.subscribe(fresh('other-'));
    const list = async () => (await on.api.call('GET', '/channels', { query: { filter_by_prefix: prefix } })).body;
    assert.deepEqual(await list(), { channels: { [`${prefix}a`]: {}, [`${prefix}b`]: {} } });
    const all = await on.api.call('GET', '/channels');
    assert.ok(Object.keys(all.body.channels).length >= 3);
    client.ws.close();
    await client.closed;
    assert.deepEqual(await list(), { channels: {} });
  });

  test('one channel: occupied and subscription_count', async () => {
    const channel = fresh('c-');
    const ask = async () =>
      (await on.api.call('GET', `/channels/${channel}`, { query: { info: 'subscription_count' } })).body;
    assert.deepEqual(await ask(), { occupied: false, subscription_count: 0 });
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    assert.deepEqual(await ask(), { occupied: true, subscription_count: 1 });
    assert.deepEqual((await on.api.call('GET', `/channels/${channel}`)).body, { occupied: true });
    client.close();
  });

  test('a bad channel name: 404, as of any path that is no channel', async () => {
    assertError(await on.api.call('GET', `/channels/${'x'.repeat(201)}`), 404, '201');
  });
});

describe('Idempotency-Key', () => {
  const headers = (key) => ({ 'idempotency-key': key });
  const send = (channel, key, data = 'x') =>
    post('/events', event({ channels: [channel], data }), { headers: headers(key) });
  const head = async (channel) =>
    (await on.api.call('GET', `/channels/${channel}`, { query: { info: 'log' } })).body.log.head;

  test('the same key again publishes nothing and answers what was answered first', async () => {
    const [channel, key] = [fresh('log-'), fresh('key-')];
    const first = await send(channel, key);
    assert.equal(first.headers.get('idempotency-status'), null);
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    const second = await send(channel, key);
    assert.equal(second.status, 200);
    assert.equal(second.headers.get('idempotency-status'), 'replayed');
    assert.deepEqual(second.body, first.body);
    await client.settle();
    assert.deepEqual(client.events, []);
    assert.equal(await head(channel), 1);
    client.close();
  });

  test('the same key with another body: 422', async () => {
    const [channel, key] = [fresh('log-'), fresh('key-')];
    await send(channel, key, 'one');
    assertError(await send(channel, key, 'two'), 422, 'another body');
    assert.equal(await head(channel), 1);
  });

  test('ten at once with one key are one event', async () => {
    const [channel, key] = [fresh('log-'), fresh('key-')];
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(channel, key)));
    const ids = new Set(answers.map((answer) => answer.body.event_ids?.[channel]));
    assert.deepEqual([ids.size, await head(channel)], [1, 1]);
    assert.equal(answers.filter((answer) => answer.headers.get('idempotency-status') === 'replayed').length, 9);
  });

  test('a key that is too long, empty or not visible ASCII: 400', async () => {
    for (const key of ['x'.repeat(129), '', 'a b', 'caf\u00e9']) {
      assertError(await send(fresh('log-'), key), 400, JSON.stringify(key));
    }
    assert.equal((await send(fresh('log-'), 'x'.repeat(128))).status, 200);
  });
});
