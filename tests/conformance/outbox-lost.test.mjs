// Writes whose answer never came (spec/outbox.md): the app killed in the middle, the server killed between the effect and the commit, and
// origins that misbehave; for rules that retry and rules that hold, and what the operator sees of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newClient, newKey, OutboxApp, problemOf, write } from '../lib/outbox-app.mjs';
import { rawOrigin } from '../lib/raw-origin.mjs';
import { runOffing, Server } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';

const RULES = `
[[outbox]]
match = "/api/hold/*"
lost = "hold"
`;
const resend = { 'offing-decision': 'resend' };
const statusOf = ({ headers }) => headers.get('idempotency-status');

function worldFor({ app = {}, args = [] } = {}) {
  const world = {};
  before(async () => {
    world.app = await OutboxApp.start(app);
    world.server = await Server.start({ site: '', config: RULES, args: ['--origin', world.app.origin, ...args] });
    world.write = (target, options) => write(world.server.origin, target, options);
    world.offing = (...flags) => {
      const { credentials, origin } = world.server;
      return runOffing(['outbox', '--server', origin, '--app', credentials, ...flags]);
    };
    world.reports = async () => JSON.parse((await world.offing('--json')).stdout).reports;
  });
  after(async () => {
    await world.server?.kill();
    await world.app?.kill();
  });
  // Waits until the app has the write, after or before its effect, then lets `kill` happen.
  world.during = async (where, target, options, kill) => {
    await world.app.hold(where);
    const pending = world.write(target, options).catch((error) => error);
    await world.app.waits(where);
    await kill();
    return pending;
  };
  return world;
}

describe('an app that dies in the middle', () => {
  const world = worldFor();
  const crash = async () => {
    await world.app.kill();
    await world.app.app.run();
  };

  for (const where of ['before', 'after']) {
    test(`${where} its effect: with retry the key comes again and has one effect`, async () => {
      const key = newKey();
      const lost = await world.during(where, '/api/notes', { key }, crash);
      assert.equal(lost.status, 502);
      assert.equal(statusOf(lost), null);
      const again = await world.write('/api/notes', { key });
      assert.deepEqual([again.status, statusOf(again)], [201, 'stored']);
      assert.equal((await world.app.effects(key)).length, 1);
    });

    test(`${where} its effect: with hold a person decides, and is told`, async () => {
      const key = newKey();
      const entry = { client: newClient(), lane: 'held', seq: 1 };
      const lost = await world.during(where, '/api/hold/notes', { key, entry }, crash);
      assert.deepEqual([lost.status, problemOf(lost)], [409, 'outcome-unknown']);
      const known = await world.app.effects(key);
      const again = await world.write('/api/hold/notes', { key, entry });
      assert.deepEqual([again.status, problemOf(again)], [409, 'outcome-unknown']);
      assert.deepEqual(await world.app.effects(key), known);
      const [report] = await until('it is listed', async () => {
        const reports = (await world.reports()).filter(({ id }) => id === key);
        return reports.length > 0 && reports;
      });
      assert.deepEqual(
        [report.state, report.method, report.url, report.lane],
        ['unknown', 'POST', '/api/hold/notes', 'held'],
      );
      const sent = await world.write('/api/hold/notes', { key, entry, headers: resend });
      assert.deepEqual([sent.status, statusOf(sent)], [201, 'stored']);
      assert.equal((await world.app.effects(key)).length, 1);
      await until('it is listed no more', async () => !(await world.reports()).some(({ id }) => id === key));
      assert.equal(statusOf(await world.write('/api/hold/notes', { key, entry })), 'replayed');
    });
  }

  test('an app that is not there has got nothing: nothing is held', async () => {
    const key = newKey();
    await world.app.kill();
    const refused = await world.write('/api/hold/notes', { key });
    assert.equal(refused.status, 502);
    await world.app.app.run();
    assert.equal(statusOf(await world.write('/api/hold/notes', { key })), 'stored');
  });

  test('an app that says 503 has done nothing: nothing is held', async () => {
    const key = newKey();
    assert.equal((await world.write('/api/hold/notes?status=503', { key })).status, 503);
    assert.equal((await world.write('/api/hold/notes?status=503', { key })).status, 503);
  });
});

describe('a server that dies between the effect and its commit', () => {
  const world = worldFor();
  const crash = async () => {
    await world.server.kill();
    await world.app.hold();
    await world.server.run();
  };

  test('forwards the key again, and the app that commits keys has one effect', async () => {
    const key = newKey();
    await world.during('after', '/api/notes', { key }, crash);
    assert.equal((await world.app.effects(key)).length, 1);
    const before = (await world.app.state()).requests;
    const again = await world.write('/api/notes', { key });
    assert.deepEqual([again.status, statusOf(again)], [201, 'stored']);
    assert.equal((await world.app.state()).requests, before + 1);
    assert.equal((await world.app.effects(key)).length, 1);
  });

  test('with hold does not know the outcome, asks nobody again, and lists it', async () => {
    const key = newKey();
    await world.during('after', '/api/hold/notes', { key }, crash);
    const before = (await world.app.state()).requests;
    const again = await world.write('/api/hold/notes', { key });
    assert.deepEqual([again.status, problemOf(again)], [409, 'outcome-unknown']);
    assert.equal((await world.app.state()).requests, before);
    await until('it is listed', async () => (await world.reports()).some(({ id }) => id === key));
    const { stdout, code } = await world.offing();
    assert.equal(code, 0);
    assert.match(stdout, /No write is under way/);
    assert.match(stdout, new RegExp(`unknown +outcome-unknown .*/api/hold/notes .*${key}`));
  });

  test('lets go of what waits when it is told to end', async () => {
    const key = newKey();
    await world.app.hold('before');
    const pending = world.write('/api/notes', { key }).catch((error) => error);
    await world.app.waits('before');
    const ended = await world.server.terminate();
    assert.deepEqual(ended, { code: 0, signal: null });
    await pending;
    await world.app.hold();
    await world.server.run();
    await until('the key is free', async () => (await world.write('/api/notes', { key })).status === 201);
    assert.equal((await world.app.effects(key)).length, 1);
  });
});

describe('an app that knows no keys', () => {
  const world = worldFor({ app: { dedupe: false } });

  test('has two effects of a write whose answer was lost, which is why hold is there', async () => {
    const key = newKey();
    const crash = async () => {
      await world.server.kill();
      await world.app.hold();
      await world.server.run();
    };
    await world.during('after', '/api/notes', { key }, crash);
    await world.write('/api/notes', { key });
    assert.equal((await world.app.effects(key)).length, 2);
    const held = newKey();
    await world.during('after', '/api/hold/notes', { key: held }, crash);
    await world.write('/api/hold/notes', { key: held });
    assert.equal((await world.app.effects(held)).length, 1);
  });
});

describe('an origin that misbehaves', () => {
  const ways = {
    'hangs up': (socket) => socket.end(),
    'talks nonsense': (socket) => socket.end('SMTP 220 hello\r\n\r\n'),
    'breaks its head off': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
    'breaks its body off': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'),
    'breaks its chunks off': (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
    'switches protocols': (socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  };
  for (const [name, answer] of Object.entries(ways)) {
    test(`and ${name}: retry forgets, hold remembers`, async () => {
      let asked = 0;
      const origin = await rawOrigin((socket, text) => {
        if (!text.endsWith('text=hello')) return;
        asked += 1;
        answer(socket);
      });
      const server = await Server.start({ site: '', config: RULES, args: ['--origin', origin.url] });
      try {
        for (const expected of [1, 2]) {
          const key = 'the-same';
          assert.equal((await write(server.origin, '/api/notes', { key })).status, 502);
          assert.equal(asked, expected);
        }
        for (let i = 0; i < 2; i += 1) {
          const held = await write(server.origin, '/api/hold/notes', { key: 'another' });
          assert.deepEqual([held.status, problemOf(held)], [409, 'outcome-unknown']);
        }
        assert.equal(asked, 3);
      } finally {
        await server.kill();
        await origin.close();
      }
    });
  }

  test('and says that it has stored it is not believed', async () => {
    const origin = await rawOrigin((socket, text) => {
      if (!text.endsWith('text=hello')) return;
      socket.end('HTTP/1.1 500 No\r\nidempotency-status: stored\r\noffing-status: 200\r\ncontent-length: 0\r\n\r\n');
    });
    const server = await Server.start({ site: '', args: ['--origin', origin.url] });
    const { headers } = await write(server.origin, '/notes', { key: newKey() });
    assert.deepEqual([headers.get('idempotency-status'), headers.get('offing-status')], [null, null]);
    await server.kill();
    await origin.close();
  });
});

describe('reports of workers', () => {
  const world = worldFor();
  const tell = (entry) =>
    fetch(`${world.server.origin}/_offing/outbox/reports`, { method: 'POST', body: JSON.stringify({ entry }) });

  test('are on disk when they are answered, and are listed', async () => {
    const entry = { id: newKey(), lane: '/api/notes', url: '/api/notes', method: 'POST', at: 1_800_000_000_000 };
    assert.equal((await tell({ ...entry, state: 'rejected', status: 422, problem: '422' })).status, 204);
    await world.server.kill();
    await world.server.run();
    const [report] = await world.reports();
    assert.deepEqual([report.id, report.state, report.status, report.at], [entry.id, 'rejected', 422, entry.at]);
    assert.equal((await tell({ ...entry, state: 'expired' })).status, 204);
    assert.deepEqual(
      (await world.reports()).map(({ state }) => state),
      ['expired'],
    );
  });

  test('that are none are refused, and nobody can listen to them', async () => {
    assert.equal((await tell({ state: 'rejected' })).status, 400);
    assert.equal((await tell({ id: 'x'.repeat(20_000), state: 'rejected' })).status, 413);
    const { status } = await world.server.api.call('GET', '/channels/offing:outbox', { query: { info: 'log' } });
    assert.ok(status >= 400, String(status));
  });
});
