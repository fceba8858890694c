// Subscribing, and who hears what.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { APP, channelAuth, hmac } from '../lib/api.mjs';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { fresh, serverForFile } from './fixture.mjs';

const on = serverForFile();
const SUCCEEDED = 'pusher_internal:subscription_succeeded';

describe('subscribing', () => {
  test('a public channel needs no auth; its data is the string {}', async () => {
    const client = await PusherSocket.open(on.port);
    const channel = fresh('c-');
    assert.deepEqual(await client.subscribe(channel), { event: SUCCEEDED, channel, data: '{}' });
    assert.equal((await client.subscribe(fresh('c-'), { auth: '' })).event, SUCCEEDED);
    client.close();
  });

  test('data may be a string that holds the object', async () => {
    const client = await PusherSocket.open(on.port);
    const channel = fresh('c-');
    client.send({ event: 'pusher:subscribe', data: JSON.stringify({ channel }) });
    assert.equal((await client.nextEvent(SUCCEEDED)).channel, channel);
    client.close();
  });

  test('a private channel takes a right signature', async () => {
    const client = await PusherSocket.open(on.port);
    assert.equal((await client.subscribe(fresh('private-'))).event, SUCCEEDED);
    client.close();
  });

  test('a private channel refuses every other auth with a subscription_error of status 401', async () => {
    const client = await PusherSocket.open(on.port);
    const other = await PusherSocket.open(on.port);
    const channel = fresh('private-');
    const right = channelAuth(client.socketId, channel);
    const wrong = [
      undefined,
      '',
      'nonsense',
      `${APP.key}:`,
      `${APP.key}:${'0'.repeat(64)}`,
      right.slice(0, -1),
      `${right}0`,
      `other-key:${hmac(APP.secret, `${client.socketId}:${channel}`)}`,
      channelAuth(other.socketId, channel),
      channelAuth(client.socketId, `${channel}x`),
      channelAuth(client.socketId, channel, { ...APP, secret: 'other' }),
    ];
    for (const auth of wrong) {
      const { event, channel: about, data } = await client.subscribe(channel, { auth });
      assert.equal(event, 'pusher:subscription_error', `auth ${auth}`);
      assert.equal(about, channel);
      assert.equal(data.status, 401);
      assert.equal(data.type, 'AuthError');
      assert.ok(!JSON.stringify(data).includes(right.split(':')[1]), 'the right signature is never told');
    }
    await on.api.publish(channel, 'secret', 'x');
    await client.settle();
    assert.deepEqual(client.events, []);
    client.close();
    other.close();
  });

  for (const kind of ['private-encrypted-', 'presence-']) {
    test(`a ${kind} channel is not open to everybody`, async () => {
      const client = await PusherSocket.open(on.port);
      const channel = fresh(kind);
      assert.notEqual((await client.subscribe(channel, { auth: undefined })).event, SUCCEEDED);
      await on.api.call('POST', '/events', { json: { name: 'e', data: 'x', channels: [channel] } });
      await client.settle();
      assert.deepEqual(client.events, []);
      client.close();
    });
  }

  test('a second subscribe is answered by pusher:error with code null and changes nothing', async () => {
    const client = await PusherSocket.open(on.port);
    const channel = fresh('c-');
    await client.subscribe(channel);
    const { event, data } = await client.subscribe(channel);
    assert.equal(event, 'pusher:error');
    assert.deepEqual(data, { code: null, message: `Existing subscription to channel ${channel}` });
    await on.api.publish(channel, 'once', 'x');
    await client.nextEvent('once');
    await client.settle();
    assert.equal(client.events.length, 1);
    const { body } = await on.api.call('GET', `/channels/${channel}`, { query: { info: 'subscription_count' } });
    assert.equal(body.subscription_count, 1);
    client.close();
  });

  test('channel names: 1 to 200 of the allowed characters', async () => {
    const client = await PusherSocket.open(on.port);
    for (const good of ['a', 'x'.repeat(200), 'Az09_-=@,.;']) {
      assert.equal((await client.subscribe(good)).event, SUCCEEDED, good.slice(0, 20));
    }
    for (const bad of ['', 'x'.repeat(201), 'a b', 'a/b', 'a:b', 'ä', 'a\n', '#x', 'a\u0000b']) {
      const { event } = await client.subscribe(bad);
      assert.ok(['pusher:subscription_error', 'pusher:error'].includes(event), JSON.stringify(bad));
    }
    await client.settle();
    client.close();
  });
});

describe('events', () => {
  test('every subscriber gets them, in order, with data as the string that was published', async () => {
    const channel = fresh('c-');
    const clients = await Promise.all([1, 2, 3].map(() => PusherSocket.open(on.port)));
    for (const client of clients) await client.subscribe(channel);
    const sent = ['text', '{"a":1}', '123', '', '"', 'ünïcödé \u2028 \u{1f6a2}', 'x'.repeat(10_240), '\\"\n\t\u0001'];
    for (const data of sent) await on.api.publish(channel, 'e', data);
    for (const client of clients) {
      await client.settle();
      const expected = sent.map((data) => ({ event: 'e', channel, data }));
      assert.deepEqual(client.events, expected);
      client.close();
    }
  });

  test('the socket that published hears nothing, the others do', async () => {
    const channel = fresh('c-');
    const [one, two] = await Promise.all([PusherSocket.open(on.port), PusherSocket.open(on.port)]);
    await one.subscribe(channel);
    await two.subscribe(channel);
    await on.api.publish(channel, 'e', 'from one', { socket_id: one.socketId });
    await on.api.publish(channel, 'e', 'from nobody');
    for (const client of [one, two]) await client.settle();
    const heard = (client) => client.events.map((event) => event.data);
    assert.deepEqual(heard(one), ['from nobody']);
    assert.deepEqual(heard(two), ['from one', 'from nobody']);
    one.close();
    two.close();
  });

  test('exclusion holds on a channel with a log too, where the position moves on', async () => {
    const channel = fresh('log-');
    const one = await PusherSocket.open(on.port);
    await one.subscribe(channel);
    await on.api.publish(channel, 'e', 'mine', { socket_id: one.socketId });
    const id = await on.api.publish(channel, 'e', 'theirs');
    await one.settle();
    assert.deepEqual(one.events, [{ event: 'e', channel, data: 'theirs', id }]);
    one.close();
  });

  test('after unsubscribing nothing comes, and subscribing again works', async () => {
    const channel = fresh('c-');
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    client.send({ event: 'pusher:unsubscribe', data: { channel } });
    await client.settle();
    await on.api.publish(channel, 'e', 'missed');
    assert.equal((await client.subscribe(channel)).event, SUCCEEDED);
    await on.api.publish(channel, 'e', 'heard');
    await client.settle();
    assert.deepEqual(
      client.events.map((event) => event.data),
      ['heard'],
    );
    client.close();
  });

  test('one call to many channels reaches each, and a socket on two of them twice', async () => {
    const channels = Array.from({ length: 100 }, () => fresh('c-'));
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channels[0]);
    await client.subscribe(channels[99]);
    const answer = await on.api.call('POST', '/events', { json: { name: 'e', data: 'x', channels } });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, {});
    await client.settle();
    assert.deepEqual(client.events.map((event) => event.channel).sort(), [channels[0], channels[99]].sort());
    client.close();
  });
});
