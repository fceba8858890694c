// What clients publish themselves: who may, what is published, and that a request that is repeated has one effect and one answer.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { newClient, problemOf, publish } from '../lib/client-publish.mjs';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { readBack } from '../lib/read-back.mjs';
import { signToken } from '../lib/token.mjs';
import { until } from '../lib/until.mjs';
import { fresh, serverForFile } from './fixture.mjs';

const CONFIG = `
[limits]
client_publish_burst = 5000
client_publish_per_second = 5000
client_publishers = 1000

[[channel]]
name = "open-*"
log = { events = 100_000 }
publish = "anyone"
stamp = { key = "id", user = "from", at = "at" }

[[channel]]
name = "club-*"
log = { events = 1_000 }
publish = "users"

[[channel]]
name = "room-*"
log = { events = 1_000 }
publish = "token"

[[channel]]
name = "closed-*"
log = { events = 1_000 }

[[resource]]
path = "/feeds/:name/feed.json"
channel = "open-:name"
apply = "prepend"
limit = 5
`;

const on = serverForFile({ config: CONFIG });
const post = (channel, what) => publish(on.server.origin, channel, what);
const bearer = (claims) => ({ authorization: `Bearer ${signToken(claims)}` });
const hashOf = (user) => createHash('sha256').update(user).digest('hex').slice(0, 16);
const metric = async (name) => {
  const text = await (await fetch(`${on.server.origin}/_offing/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
};

describe('a publication with a key', () => {
  test('has one effect and one answer, a thousand times at once', async () => {
    const channel = fresh('open-');
    const what = { key: fresh('key'), data: { text: 'once' } };
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => post(channel, what)));
    const { epoch, head, events } = await readBack(on.server, channel);
    assert.equal(head, 1);
    assert.equal(JSON.parse(events[0].data).text, 'once');
    for (const { status, body, headers } of answers) {
      assert.equal(status, 200);
      assert.deepEqual(body, { id: `${epoch}:1` });
      assert.equal(headers.get('offing-position'), `${epoch}:1`);
    }
    const stored = answers.filter(({ headers }) => headers.get('idempotency-status') === 'stored');
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-status') === 'replayed');
    assert.deepEqual([stored.length, replayed.length], [1, 999]);
  });

  test('is replayed after kill -9, and tells its key to those who subscribe', async () => {
    const channel = fresh('open-');
    const what = { key: fresh('key'), data: 'x' };
    const { body } = await post(channel, what);
    await on.server.kill();
    await on.server.run();
    const again = await post(channel, what);
    assert.deepEqual(again.body, body);
    assert.equal(again.headers.get('idempotency-status'), 'replayed');
    const socket = await PusherSocket.open(on.port);
    await socket.subscribe(channel, { resume_after_id: '0:0' });
    await until('the event is there', () => socket.events.length > 0);
    assert.equal(socket.events[0].key, what.key);
    await post(channel, { key: 'live "one"', data: 'y' }); // a key that cannot be read
    const live = { key: fresh('key'), data: 'y' };
    await post(channel, live);
    await until('the next is there', () => socket.events.length > 1);
    assert.equal(socket.events[1].key, live.key);
    socket.close();
  });

  test('that belongs to another request is refused, and a user has keys of their own', async () => {
    const channel = fresh('open-');
    const key = fresh('key');
    await post(channel, { key, data: 1 });
    assert.equal(problemOf(await post(channel, { key, data: 2 })), '422 key-reused');
    assert.equal((await post(channel, { key, data: 3, headers: bearer({ sub: 'ada' }) })).status, 200);
    assert.equal((await readBack(on.server, channel)).head, 2);
  });

  test('changes the live resource in the same commit', async () => {
    const name = fresh('n');
    const { body } = await post(`open-${name}`, { key: fresh('key'), data: { text: 'hi' } });
    const response = await fetch(`${on.server.origin}/feeds/${name}/feed.json`);
    assert.equal(response.headers.get('offing-position'), body.id);
    assert.equal((await response.json())[0].text, 'hi');
  });

  test('of a lane that is past it is decided once its key is forgotten', async () => {
    const channel = fresh('open-');
    const entry = { client: newClient(), lane: 'notes', seq: 1 };
    await post(channel, { key: 'first', data: 1, entry });
    await post(channel, { key: 'second', data: 2, entry: { ...entry, seq: 2, acked: 1 } });
    assert.equal((await post(channel, { key: 'first', data: 1, entry })).headers.get('idempotency-status'), 'replayed');
    assert.equal(problemOf(await post(channel, { key: 'forgotten', data: 1, entry })), '409 decided');
    assert.equal((await readBack(on.server, channel)).head, 2);
  });

  test('of the signed API comes with its event, unquoted', async () => {
    const channel = fresh('open-');
    const json = { name: 'e', data: 'x', channel };
    await on.api.call('POST', '/events', { json, headers: { 'idempotency-key': '"of-a-client"' } });
    const socket = await PusherSocket.open(on.port);
    await socket.subscribe(channel, { resume_after_id: '0:0' });
    await until('the event is there', () => socket.events.length > 0);
    assert.equal(socket.events[0].key, 'of-a-client');
    socket.close();
  });
});

describe('who may publish', () => {
  test('the rule of the channel says it', async () => {
    const ask = async (channel, headers) => problemOf(await post(channel, { data: 1, headers }));
    assert.equal(await ask('closed-1'), '403 not-allowed');
    assert.equal(await ask('unheard-of'), '403 not-allowed');
    assert.equal(await ask('club-1'), '401 token');
    assert.equal(await ask('room-1'), '401 token');
    assert.equal(await ask('club-1', bearer({ sub: 'ada' })), '200');
    assert.equal(await ask('room-1', bearer({ sub: 'ada' })), '403 not-allowed');
    assert.equal(await ask('room-1', bearer({ sub: 'ada', publish: ['room-*'] })), '200');
    assert.equal(await ask('room-1', bearer({ sub: 'ada', publish: ['room-*'], exp: 1 })), '401 token');
    assert.equal(await ask('open-1', bearer({ sub: 'ada', exp: 1 })), '401 token', 'a bad token is never nobody');
  });

  test('nobody sends what another user wrote', async () => {
    const channel = fresh('club-');
    const headers = (user) => ({ ...bearer({ sub: user }), 'offing-user': hashOf('ada') });
    assert.equal(problemOf(await post(channel, { data: 1, headers: headers('bob') })), '403 other-user');
    assert.equal(problemOf(await post(channel, { data: 1, headers: headers('ada') })), '200');
    assert.equal((await readBack(on.server, channel)).head, 1);
  });

  test('a page of another origin may not', async () => {
    const channel = fresh('open-');
    const from = (origin) => post(channel, { data: 1, headers: { origin } });
    assert.equal(problemOf(await from('https://evil.example')), '403 not-allowed');
    assert.equal(problemOf(await from('null')), '403 not-allowed');
    assert.equal(problemOf(await from(on.server.origin)), '200');
  });
});

describe('what is published', () => {
  test('is stamped over what the client wrote', async () => {
    const channel = fresh('open-');
    const forged = { id: 'x', from: 'eve', at: 1, text: 'hi' };
    const before = Date.now();
    await post(channel, { key: 'k1', data: forged, headers: bearer({ sub: 'ada' }) });
    await post(channel, { key: 'k2', data: forged });
    const [first, second] = (await readBack(on.server, channel)).events.map(({ data }) => JSON.parse(data));
    assert.deepEqual([first.id, first.from, first.text], ['k1', 'ada', 'hi']);
    assert.ok(first.at >= before && first.at <= Date.now(), `${first.at}`);
    assert.deepEqual([second.id, second.from, second.text], ['k2', undefined, 'hi']);
  });

  test('is refused where it is no event, has no key or is too long', async () => {
    const channel = fresh('open-');
    for (const body of ['', '[]', '{}', '{"name":"m"}', '{"name":"pusher:error","data":1}']) {
      assert.equal(problemOf(await post(channel, { body })), '400 malformed', body);
    }
    assert.equal(problemOf(await post(channel, { key: '', data: 1 })), '400 key-missing');
    assert.equal(problemOf(await post(channel, { key: 'x'.repeat(201), data: 1 })), '400 key-malformed');
    assert.equal(problemOf(await post(channel, { data: 'x'.repeat(10_240) })), '200');
    assert.equal(problemOf(await post(channel, { data: 'x'.repeat(10_241) })), '413 too-large');
    assert.equal((await readBack(on.server, channel)).head, 1);
  });

  test('has other methods refused and its problems explained', async () => {
    const url = `${on.server.origin}/_offing/channels/open-1/events`;
    const get = await fetch(url);
    assert.equal(get.status, 405);
    assert.match(get.headers.get('allow'), /POST/);
    const { body, headers } = await post('closed-1', { data: 1 });
    assert.equal(headers.get('content-type'), 'application/problem+json');
    assert.equal(body.status, 403);
    assert.ok(body.title && body.detail, JSON.stringify(body));
  });
});

describe('too much of it', () => {
  const slow = serverForFile({
    config: `${CONFIG.replace(/5000/g, '3')}\n[keys]\nanswers = 12\n`,
  });

  test('a user is limited, not the others, and is told when to come back', async () => {
    const send = (n) =>
      publish(slow.server.origin, 'club-1', { key: `k${n}`, data: n, headers: bearer({ sub: 'ada' }) });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => send(n)));
    const limited = answers.filter(({ status }) => status === 429);
    assert.ok(limited.length >= 10, `${limited.length} of 20`);
    assert.equal(limited[0].headers.get('retry-after'), '1');
    const other = await publish(slow.server.origin, 'club-1', { data: 1, headers: bearer({ sub: 'bob' }) });
    assert.equal(other.status, 200);
    await until('she may again', async () => (await send(100)).status === 200);
  });

  test('when too many answers are remembered a new key is refused, and an old one is still answered', async () => {
    const write = (n) => publish(slow.server.origin, 'open-1', { key: `n${n}`, data: n });
    let last;
    const full = await until('it is full', async () => {
      for (let n = (last ?? 0) + 1; n < 40; n += 1) {
        const answer = await write(n);
        if (answer.status !== 200) return answer.status === 503 ? answer : undefined;
        last = n;
      }
      return undefined;
    });
    assert.equal(problemOf(full), '503 full');
    assert.ok(full.headers.get('retry-after'));
    const again = await until('the rate allows it', async () => {
      const answer = await write(last);
      return answer.status === 200 && answer;
    });
    assert.equal(again.headers.get('idempotency-status'), 'replayed');
  });

  test('is counted', async () => {
    assert.ok((await metric('offing_channels_client_published_total')) > 0);
    assert.ok((await metric('offing_outbox_replayed_total')) > 0);
    assert.ok((await metric('offing_outbox_answers')) > 0);
  });
});
