// Idempotency in front of an origin (spec/outbox.md): a real Express app that counts its own effects, behind the real server.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { newClient, newKey, OutboxApp, problemOf, write } from '../lib/outbox-app.mjs';
import { Server } from '../lib/server.mjs';
import { signToken } from '../lib/token.mjs';
import { until } from '../lib/until.mjs';

const hashOf = (user) => createHash('sha256').update(user).digest('hex').slice(0, 16);
const bearer = (user) => ({ authorization: `Bearer ${signToken({ sub: user })}` });
const statusOf = ({ headers }) => headers.get('idempotency-status');

// An app with a server in front; filled in before the tests.
function worldFor(config = '', { app = {}, args = [] } = {}) {
  const world = {};
  before(async () => {
    world.app = await OutboxApp.start(app);
    world.server = await Server.start({ site: '', config, args: ['--origin', world.app.origin, ...args] });
    world.write = (target, options) => write(world.server.origin, target, options);
    world.effects = (key) => world.app.effects(key);
    world.view = async () => (await world.server.api.call('GET', '/outbox')).body;
  });
  after(async () => {
    await world.server?.kill();
    await world.app?.kill();
  });
  return world;
}

describe('a write with a key', () => {
  const world = worldFor('', { args: ['--threads', '2'] });

  test('is forwarded as it came, with its fingerprint, and answered as stored', async () => {
    const key = newKey();
    const entry = { client: newClient(), lane: '/api', seq: 1 };
    const answer = await world.write('/api/notes?a=1', {
      key,
      entry,
      headers: { 'offing-user': hashOf('ann'), cookie: 'a=b' },
    });
    assert.equal(answer.status, 201);
    assert.equal(statusOf(answer), 'stored');
    const [effect, ...more] = await world.effects(key);
    assert.deepEqual(more, []);
    assert.equal(effect.target, '/api/notes?a=1');
    assert.equal(effect.length, 'text=hello'.length);
    assert.equal(effect.cookie, 'a=b');
    assert.equal(effect['offing-user'], hashOf('ann'));
    assert.equal(effect['offing-entry'], `client="${entry.client}", lane="/api", seq=1, acked=0`);
    const said = ['POST', '/api/notes?a=1', effect['content-type'], 'text=hello'].join('\n');
    assert.equal(effect['offing-fingerprint'], createHash('sha256').update(said).digest('hex'));
  });

  test('is answered from memory when it comes again: status, headers and body, but no cookie', async () => {
    const key = newKey();
    const first = await world.write('/api/notes', { key });
    const again = await world.write('/api/notes', { key });
    assert.deepEqual([again.status, again.text, statusOf(again)], [first.status, first.text, 'replayed']);
    assert.equal(again.headers.get('location'), first.headers.get('location'));
    assert.match(first.headers.get('set-cookie'), /session=new/);
    assert.equal(again.headers.get('set-cookie'), null);
    assert.equal((await world.effects(key)).length, 1);
  });

  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    test(`is known by its key whatever the method: ${method}`, async () => {
      const key = newKey();
      const options = { key, method, body: method === 'DELETE' ? undefined : 'x' };
      assert.equal(statusOf(await world.write('/api/notes/1', options)), 'stored');
      assert.equal(statusOf(await world.write('/api/notes/1', options)), 'replayed');
    });
  }

  test('with another body, type or target is another request: 422 key-reused', async () => {
    const key = newKey();
    await world.write('/api/notes', { key });
    for (const [target, options] of [
      ['/api/notes', { body: 'text=other' }],
      ['/api/notes', { headers: { 'content-type': 'text/plain' } }],
      ['/api/notes?b', {}],
      ['/api/notes', { method: 'PUT' }],
    ]) {
      const refused = await world.write(target, { key, ...options });
      assert.deepEqual([refused.status, problemOf(refused)], [422, 'key-reused']);
    }
    assert.equal((await world.effects(key)).length, 1);
  });

  test('1,000 times at once has one effect, and everybody hears of it', async () => {
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => world.write('/api/notes', { key })));
    const outstanding = answers.filter((answer) => answer.status === 409);
    for (const answer of outstanding) assert.equal(problemOf(answer), 'outstanding');
    const told = answers.filter((answer) => answer.status === 201);
    assert.equal(told.length + outstanding.length, 1000);
    assert.equal(told.filter((answer) => statusOf(answer) === 'stored').length, 1);
    assert.equal((await world.effects(key)).length, 1);
    assert.equal(statusOf(await world.write('/api/notes', { key })), 'replayed');
  });

  test('is 409 outstanding while it is under way, and listed; a client that goes away does not end it', async () => {
    const key = newKey();
    await world.app.hold('before');
    const gone = new AbortController();
    const first = world.write('/api/notes', { key, signal: gone.signal }).catch((error) => error.name);
    await world.app.waits('before');
    const second = await world.write('/api/notes', { key });
    assert.deepEqual([second.status, problemOf(second), second.headers.get('retry-after')], [409, 'outstanding', '1']);
    gone.abort();
    assert.equal(await first, 'AbortError');
    assert.equal((await world.write('/api/notes', { key })).status, 409);
    assert.deepEqual(
      (await world.view()).outstanding.map((one) => [one.key, one.method, one.url]),
      [[key, 'POST', '/api/notes']],
    );
    await world.app.hold();
    const answer = await until('the answer is kept', async () => {
      const again = await world.write('/api/notes', { key });
      return again.status === 201 && again;
    });
    assert.equal(statusOf(answer), 'replayed');
    assert.equal((await world.effects(key)).length, 1);
    assert.deepEqual((await world.view()).outstanding, []);
  });

  test('of one user is not that of another user', async () => {
    const key = newKey();
    const ann = await world.write('/api/notes', { key, headers: bearer('ann') });
    const bob = await world.write('/api/other', { key, headers: bearer('bob'), body: 'else' });
    assert.deepEqual([statusOf(ann), statusOf(bob)], ['stored', 'stored']);
    const nobody = await world.write('/api/notes', { key, body: 'nobody' });
    assert.equal(statusOf(nobody), 'stored');
    assert.equal((await world.write('/api/notes', { key, headers: bearer('ann') })).text, ann.text);
  });

  test('of an entry stays that of its client and writer when a session begins in between', async () => {
    const key = newKey();
    const entry = { client: newClient(), lane: 'a', seq: 1 };
    await world.write('/api/notes', { key, entry });
    const after = await world.write('/api/notes', { key, entry, headers: bearer('ann') });
    assert.equal(statusOf(after), 'replayed');
    assert.equal((await world.effects(key)).length, 1);
  });

  test('that another user wrote is 403 other-user, and nothing is done', async () => {
    const key = newKey();
    const refused = await world.write('/api/notes', {
      key,
      headers: { ...bearer('bob'), 'offing-user': hashOf('ann') },
    });
    assert.deepEqual([refused.status, problemOf(refused)], [403, 'other-user']);
    assert.deepEqual(await world.effects(key), []);
  });

  test('with a token that cannot be believed is 401; with one of the app itself it is the app that judges', async () => {
    const key = newKey();
    const spoiled = await world.write('/api/notes', {
      key,
      headers: { authorization: `${bearer('ann').authorization}x` },
    });
    assert.deepEqual([spoiled.status, problemOf(spoiled)], [401, 'token']);
    const own = await world.write('/api/notes', { key, headers: { authorization: 'Bearer opaque-of-the-app' } });
    assert.equal(own.status, 201);
  });

  for (const status of [401, 403, 408, 425, 429, 500, 502, 503]) {
    test(`is not remembered after ${status}`, async () => {
      const key = newKey();
      const first = await world.write(`/api/notes?status=${status}`, { key });
      assert.deepEqual([first.status, first.text, statusOf(first)], [status, 'not now', null]);
      const before = (await world.app.state()).requests;
      assert.equal((await world.write(`/api/notes?status=${status}`, { key })).status, status);
      assert.equal((await world.app.state()).requests, before + 1);
    });
  }

  for (const status of [400, 404, 409, 412, 422]) {
    test(`is remembered after ${status}, which is final`, async () => {
      const key = newKey();
      assert.equal(statusOf(await world.write(`/api/notes?status=${status}`, { key })), 'stored');
      const again = await world.write(`/api/notes?status=${status}`, { key });
      assert.deepEqual([again.status, statusOf(again)], [status, 'replayed']);
      assert.equal((await world.effects(key)).length, 1);
    });
  }

  test('of an entry hears of a redirect as 200; of anybody else as a redirect; also from memory', async () => {
    const entry = { client: newClient(), lane: 'a' };
    for (const [options, status] of [
      [{ key: newKey(), entry }, 200],
      [{ key: newKey() }, 303],
    ]) {
      for (const expected of ['stored', 'replayed']) {
        const answer = await world.write('/api/notes?status=303', options);
        assert.deepEqual([answer.status, statusOf(answer)], [status, expected]);
        const where = (await world.effects(options.key))[0].n;
        assert.equal(answer.headers.get(status === 200 ? 'offing-location' : 'location'), `/notes/${where}`);
        assert.equal(answer.headers.get('offing-status'), status === 200 ? '303' : null);
      }
    }
  });

  test('with a long answer gets all of it at first, and the head alone from memory', async () => {
    const key = newKey();
    const first = await world.write('/api/notes?bytes=3000000', { key });
    assert.deepEqual([first.text.length, statusOf(first)], [3_000_000, 'stored']);
    const again = await world.write('/api/notes?bytes=3000000', { key });
    assert.deepEqual([again.status, again.text, again.headers.get('offing-body')], [201, '', 'forgotten']);
    const whole = newKey();
    await world.write('/api/notes?bytes=1000000', { key: whole });
    assert.equal((await world.write('/api/notes?bytes=1000000', { key: whole })).text.length, 1_000_000);
  });

  test('has a body of any kind up to the limit, files of a form too; beyond it 413', async () => {
    const form = new FormData();
    form.append('text', 'a note');
    form.append('photo', new Blob([new Uint8Array(900_000).fill(7)], { type: 'image/png' }), 'photo.png');
    const { headers, body } = new Request('http://a/', { method: 'POST', body: form, duplex: 'half' });
    const bytes = Buffer.from(await new Response(body).arrayBuffer());
    const options = { key: newKey(), headers: { 'content-type': headers.get('content-type') }, body: bytes };
    assert.equal(statusOf(await world.write('/api/photos', options)), 'stored');
    assert.equal(statusOf(await world.write('/api/photos', options)), 'replayed');
    const [effect] = await world.effects(options.key);
    assert.deepEqual([effect.length, effect['content-type']], [bytes.length, headers.get('content-type')]);
    const most = { key: newKey(), body: Buffer.alloc(1 << 20) };
    assert.equal((await world.write('/api/photos', most)).status, 201);
    const more = { key: newKey(), body: Buffer.alloc((1 << 20) + 1) };
    assert.equal((await world.write('/api/photos', more)).status, 413);
    assert.deepEqual(await world.effects(more.key), []);
  });

  test('in a form that is not of the standard is the app’s own affair where no rule speaks of it', async () => {
    const answer = await world.write('/api/notes', { headers: { 'idempotency-key': 'plain' } });
    assert.deepEqual([answer.status, statusOf(answer)], [201, null]);
    assert.equal((await world.app.effects()).at(-1).key, 'plain');
  });

  test('is still known after kill -9', async () => {
    const key = newKey();
    const first = await world.write('/api/notes', { key });
    await world.server.kill();
    await world.server.run();
    const again = await world.write('/api/notes', { key });
    assert.deepEqual([again.text, statusOf(again)], [first.text, 'replayed']);
  });
});

describe('a lane', () => {
  const world = worldFor('[keys]\nage = "1s"\n');

  test('that is past an entry says so when its answer is forgotten: 409 decided', async () => {
    const client = newClient();
    const keys = [newKey(), newKey()];
    for (const [at, key] of keys.entries()) {
      await world.write('/api/notes', { key, entry: { client, lane: 'a', seq: at + 1, acked: at } });
    }
    const late = await until('the answers are forgotten', async () => {
      const again = await world.write('/api/notes', { key: keys[0], entry: { client, lane: 'a', seq: 1, acked: 2 } });
      return statusOf(again) !== 'replayed' && again;
    });
    assert.deepEqual([late.status, problemOf(late)], [409, 'decided']);
    assert.equal((await world.effects(keys[0])).length, 1);
    const next = await world.write('/api/notes', { key: newKey(), entry: { client, lane: 'a', seq: 3, acked: 2 } });
    assert.equal(statusOf(next), 'stored');
    const other = await world.write('/api/notes', { key: newKey(), entry: { client, lane: 'b', seq: 1 } });
    assert.equal(statusOf(other), 'stored');
  });
});

describe('rules', () => {
  const world = worldFor(`
[[outbox]]
match = "/api/strict/*"
methods = ["POST"]
require_key = true
`);

  test('may require a key: 400 key-missing, key-malformed', async () => {
    const missing = await world.write('/api/strict/a');
    assert.deepEqual([missing.status, problemOf(missing)], [400, 'key-missing']);
    for (const headers of [
      { 'idempotency-key': 'plain' },
      { 'idempotency-key': '""' },
      { 'idempotency-key': `"${'k'.repeat(201)}"` },
      { 'idempotency-key': '"k"', 'offing-entry': 'client="0"' },
      { 'idempotency-key': '"k"', 'offing-entry': 'nonsense!' },
    ]) {
      const malformed = await world.write('/api/strict/a', { headers });
      assert.deepEqual([malformed.status, problemOf(malformed)], [400, 'key-malformed'], JSON.stringify(headers));
    }
    assert.deepEqual(await world.effects(), []);
    assert.equal(statusOf(await world.write('/api/strict/a', { key: newKey() })), 'stored');
    assert.equal((await world.write('/api/strict/a', { method: 'PUT' })).status, 201);
    assert.equal((await world.write('/api/free')).status, 201);
  });

  test('stand in CONFIG, with how long keys are known', async () => {
    const text = await (await fetch(`${world.server.origin}/sw.js`)).text();
    const config = JSON.parse(/self\.__OFFING = (.*);/.exec(text)[1]);
    assert.deepEqual(config.outbox, [{ match: '/api/strict/*', methods: ['POST'] }]);
    assert.equal(config.outboxKeys, 14 * 24 * 3_600_000);
    assert.ok(config.parts.includes('outbox'));
    const listed = config.precache.map(([url]) => url);
    assert.ok(listed.includes('/_offing/outbox.js'), listed.join(' '));
    assert.equal((await fetch(`${world.server.origin}/_offing/outbox.js`)).status, 200);
  });
});

describe('where the app says who asks', () => {
  const world = worldFor('[auth]\norigin = "/whoami"\n');

  test('a cookie of another user than the writer is refused, and so is none', async () => {
    const key = newKey();
    const entry = { client: newClient(), lane: 'a' };
    const as = (cookie) =>
      world.write('/api/notes', { key, entry, headers: { 'offing-user': hashOf('ann'), ...cookie } });
    const bob = await as({ cookie: 'sid=bob' });
    assert.deepEqual([bob.status, problemOf(bob)], [403, 'other-user']);
    const nobody = await as({});
    assert.deepEqual([nobody.status, problemOf(nobody)], [401, 'token']);
    const ended = await as({ cookie: 'sid=' });
    assert.deepEqual([ended.status, problemOf(ended)], [401, 'token']);
    assert.deepEqual(await world.effects(key), []);
    assert.equal(statusOf(await as({ cookie: 'sid=ann' })), 'stored');
  });
});
