// Limits and times that the configuration sets low, and what happens at them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { exchange, parseResponses, request } from '../lib/raw-http.mjs';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { Server } from '../lib/server.mjs';
import { sleep, until } from '../lib/until.mjs';
import { fresh } from './fixture.mjs';

const CONFIG = `
[limits]
connections = 8
connections_per_core = 3
event_data = "20B"
batch = 3
channels_per_publish = 2
subscriptions_per_connection = 2
client_message = "1KiB"
idle_time = "2s"
request_time = "1s"

[times]
activity_timeout = "2s"
pong_timeout = "1s"
`;

describe('at its limits', () => {
  let server;
  before(async () => (server = await Server.start({ config: CONFIG, args: ['--threads', '1'] })));
  after(() => server.kill());
  // Those that are open, the one that asks among them.
  const connections = async () => {
    const { body } = await request(server.port, 'GET', '/_offing/metrics');
    return Number(/^offing_http_connections (\d+)$/m.exec(body)[1]);
  };
  const post = (what, json) => server.api.call('POST', what, { json });

  test('a connection too many is closed with 4100 after it was told why, and room is made by one that leaves', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => PusherSocket.open(server.port)));
    const refused = PusherSocket.dial(server.port);
    assert.equal((await refused.closed).code, 4100);
    assert.deepEqual([refused.frames[0].event, refused.frames[0].data.code], ['pusher:error', 4100]);
    for (const client of clients) {
      client.ws.close();
      await client.closed;
    }
    (await PusherSocket.open(server.port)).close();
  });

  test('a TCP connection too many is answered 503', async () => {
    await until('no connection is left', async () => (await connections()) === 1);
    const idle = Array.from({ length: 8 }, () => exchange(server.port, '', { quiet: 0, timeout: 5_000 }));
    const { text } = await exchange(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await Promise.all(idle);
    await until('room is made', async () => (await connections()) === 1);
    assert.equal(parseResponses(text)[0]?.status, 503);
  });

  test('data, batches and lists of channels over the limit are refused', async () => {
    const event = (extra) => ({ name: 'e', data: 'x', channels: ['c'], ...extra });
    assert.equal((await post('/events', event({ data: 'x'.repeat(21) }))).status, 413);
    assert.equal((await post('/events', event({ channels: ['a', 'b', 'c'] }))).status, 400);
    const item = { channel: 'c', name: 'e', data: 'x' };
    assert.equal((await post('/batch_events', { batch: [item, item, item] })).status, 200);
    assert.equal((await post('/batch_events', { batch: [item, item, item, item] })).status, 400);
  });

  test('a subscription too many is refused, the others stay', async () => {
    const client = await PusherSocket.open(server.port);
    const channels = [fresh('c-'), fresh('c-'), fresh('c-')];
    for (const channel of channels.slice(0, 2)) await client.subscribe(channel);
    const { event } = await client.subscribe(channels[2]);
    assert.ok(['pusher:subscription_error', 'pusher:error'].includes(event), event);
    for (const channel of channels) await server.api.publish(channel, 'e', 'x');
    await client.settle();
    assert.deepEqual(
      client.events.map(({ channel }) => channel),
      channels.slice(0, 2),
    );
    client.close();
  });

  test('a message over the limit closes with 1009', async () => {
    const client = await PusherSocket.open(server.port);
    client.send({ event: 'pusher:ping', data: 'x'.repeat(1_100) });
    assert.equal((await client.closed).code, 1009);
  });

  test('a silent client is pinged and then closed with 4201; one that answers stays', async () => {
    const silent = await PusherSocket.open(server.port);
    const lively = await PusherSocket.open(server.port);
    assert.equal(silent.greeting.activity_timeout, 2);
    lively.onFrame = ({ event }) => event === 'pusher:ping' && lively.send({ event: 'pusher:pong', data: {} });
    const { code } = await silent.closed;
    assert.equal(code, 4201);
    assert.equal(silent.frames.at(-1).event === 'pusher:ping' || silent.frames.at(-1).event === 'pusher:error', true);
    await sleep(2_000);
    await lively.settle();
    lively.close();
  });

  test('an idle connection is closed, a slow request is answered 408', async () => {
    const idle = await exchange(server.port, 'GET /_offing/health HTTP/1.1\r\nHost: x\r\n\r\n', {
      quiet: 0,
      timeout: 8_000,
    });
    assert.ok(idle.closed && idle.ms >= 1_500, `${idle.ms} ms`);
    const slow = await exchange(server.port, 'GET / HTTP/1.1\r\nHos', { quiet: 0, timeout: 8_000 });
    assert.ok(slow.closed, `still open after ${slow.ms} ms`);
    assert.equal(parseResponses(slow.text)[0]?.status, 408);
  });

  test('each limit that was met has moved a counter', async () => {
    const text = await (await fetch(`${server.origin}/_offing/metrics`)).text();
    const moved = [...text.matchAll(/^(offing_\w+)(?:\{[^}]*\})? (\d+)$/gm)]
      .filter(([, , n]) => n !== '0')
      .map(([, name]) => name);
    assert.ok(
      moved.some((name) => name.includes('refused')),
      moved.join(' '),
    );
    assert.ok(moved.length >= 5, moved.join(' '));
  });
});
