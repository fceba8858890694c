// The npm package's `offing/server` against the real server: tokens it believes, events it has once.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, describe, test } from 'node:test';
import { OffingError, publish, token, trigger } from 'offing/server';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { fresh, serverForFile } from './fixture.mjs';

const on = serverForFile();
const target = () => ({ app: on.server.credentials, server: on.server.origin });
const log = async (channel) => (await on.api.call('GET', `/channels/${channel}`, { query: { info: 'log' } })).body.log;

describe('token', () => {
  const subscribed = async (made, channel = 'private-a') => {
    const socket = await PusherSocket.open(on.port);
    const frame = await socket.subscribe(channel, { auth: undefined, token: made });
    socket.close();
    return frame.event === 'pusher_internal:subscription_succeeded' ? 'in' : frame.data.error;
  };

  test('is believed by the server, for its channels', async () => {
    const made = token('ädä', { app: on.server.app, device: 'd', channels: ['private-*'], expires: '1h' });
    assert.equal(await subscribed(made), 'in');
    const other = token('ada', { app: on.server.credentials, channels: ['private-b'] });
    assert.match(await subscribed(other), /do not match private-a/);
    const wrong = token('ada', { app: { ...on.server.app, secret: 'guess' }, channels: ['*'] });
    assert.match(await subscribed(wrong), /wrong signature/);
  });

  test('lives for as long as it was told', () => {
    const claims = (made) => JSON.parse(Buffer.from(made.split('.')[1], 'base64url').toString());
    for (const [expires, seconds] of [
      [90, 90],
      ['15m', 900],
      ['7d', 604_800],
      [undefined, 3_600],
    ]) {
      const { exp, iat } = claims(token('ada', { app: on.server.app, expires }));
      assert.equal(exp - iat, seconds);
    }
  });

  test('of nonsense is refused before it is signed', () => {
    const app = on.server.app;
    for (const user of ['', 'a\nb', 'u'.repeat(201), '\ud800', 'a\u0085'])
      assert.throws(() => token(user, { app }), TypeError);
    for (const expires of ['1 hour', 0, -1, NaN, '1y']) assert.throws(() => token('u', { app, expires }), /expires/);
    assert.throws(() => token('u', { app, channels: ['a*b'] }), /at the end/);
    assert.throws(() => token('u', { app: 'a:b' }), /OFFING_APP/);
    assert.throws(() => token('u', { app, channels: Array(99).fill('c'.repeat(200)) }), /8 KiB/);
  });
});

describe('trigger', () => {
  test('hands an event to the subscribers, and not to the connection that is left out', async () => {
    const channel = fresh('pub-');
    const sockets = [await PusherSocket.open(on.port), await PusherSocket.open(on.port)];
    for (const socket of sockets) await socket.subscribe(channel);
    await trigger(channel, 'greet', { hello: 'wörld' }, { ...target(), socketId: sockets[1].socketId });
    await trigger([channel], 'text', 'as it is', target());
    assert.deepEqual(JSON.parse((await sockets[0].nextEvent('greet')).data), { hello: 'wörld' });
    assert.equal((await sockets[0].nextEvent('text')).data, 'as it is');
    await sockets[1].nextEvent('text');
    assert.deepEqual(
      sockets[1].events.map(({ event }) => event),
      ['text'],
    );
    for (const socket of sockets) socket.close();
  });

  test('says what the server says against it', async () => {
    const refused = async (...args) => trigger(...args).then(assert.fail, (error) => error);
    const big = await refused(fresh('pub-'), 'e', 'x'.repeat(20_000), target());
    assert.ok(big instanceof OffingError);
    assert.equal(big.status, 413);
    const wrong = await refused(fresh('pub-'), 'e', 1, { ...target(), app: { ...on.server.app, secret: 'guess' } });
    assert.equal(wrong.status, 401);
    const away = await refused(fresh('pub-'), 'e', 1, { ...target(), server: 'http://127.0.0.1:1' });
    assert.equal(away.status, 0);
    await assert.rejects(trigger('c', 'e', 1, { server: on.server.origin, app: 'nothing' }), TypeError);
  });
});

describe('publish', () => {
  // In front of the server: hears everything and breaks off the first `lost` answers.
  const liar = { lost: 0, seen: 0 };
  liar.server = http.createServer((request, response) => {
    const lost = liar.seen++ < liar.lost;
    const url = on.server.origin + request.url;
    const passed = http.request(url, { method: request.method, headers: request.headers }, (answer) => {
      if (lost) return response.destroy();
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  after(() => liar.server.close());

  test('answers with the positions of the channels that keep a log', async () => {
    const [kept, unkept] = [fresh('log-'), fresh('pub-')];
    const { positions, replayed } = await publish([kept, unkept], 'e', { n: 1 }, target());
    const { epoch } = await log(kept);
    assert.deepEqual(positions, { [kept]: `${epoch}:1` });
    assert.equal(replayed, false);
  });

  test('is there once, however often the answer got lost', async () => {
    await new Promise((resolve) => liar.server.listen(0, '127.0.0.1', resolve));
    Object.assign(liar, { lost: 3, seen: 0 });
    const channel = fresh('log-');
    const server = `http://127.0.0.1:${liar.server.address().port}`;
    const { positions, replayed } = await publish(channel, 'e', 'x', { ...target(), server });
    assert.equal(liar.seen, 4);
    assert.equal(replayed, true);
    assert.match(positions[channel], /:1$/);
    assert.equal((await log(channel)).head, 1);
  });

  test('with one key is one publication, and with another body it is refused', async () => {
    const channel = fresh('log-');
    const key = fresh('key-');
    const first = await publish(channel, 'e', 'x', { ...target(), key });
    const second = await publish(channel, 'e', 'x', { ...target(), key });
    assert.deepEqual(second, { positions: first.positions, replayed: true });
    await assert.rejects(publish(channel, 'e', 'y', { ...target(), key }), { status: 422 });
    await assert.rejects(publish(channel, 'e', 'x', { ...target(), key: 'a b' }), TypeError);
    assert.equal((await log(channel)).head, 1);
  });

  test('gives up when its patience ends, or when it is told to', async () => {
    const away = { ...target(), server: 'http://127.0.0.1:1' };
    await assert.rejects(publish('log-x', 'e', 1, { ...away, patience: 300 }), { name: 'OffingError', status: 0 });
    const stop = new AbortController();
    const given = publish('log-x', 'e', 1, { ...away, signal: stop.signal });
    stop.abort(new Error('enough'));
    await assert.rejects(given, /enough/);
  });
});
