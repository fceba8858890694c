// [auth] origin: a real Express app says who asks, by its own session cookie.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import express from 'express';
import { Server } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';
import { CONFIG, get, hs256, metric } from './auth-fixture.mjs';

const ADA = { user: 'ada', channels: ['private-room-*'] };

describe('the app’s own server', () => {
  let server;
  let origin;
  let asked; // requests of /whoami
  let answer; // how the next ones are answered
  let counter = 0;
  const session = () => ({ cookie: `sid=${process.pid}-${++counter}` });
  const read = async (headers) => (await get(server, '/rooms/1', headers)).status;

  before(async () => {
    const app = express();
    app.get('/whoami', (request, response) => {
      asked.push(request);
      return answer(response, request);
    });
    app.get('/page', (request, response) => response.send('a page'));
    await new Promise((resolve) => (origin = app.listen(0, '127.0.0.1', resolve)));
    const config = `origin = "http://127.0.0.1:${origin.address().port}"\n${CONFIG}
[auth]
origin = "/whoami"
origin_time = "2s"
cache = "4s"
`;
    server = await Server.start({ site: '', config });
  });
  after(async () => {
    await server?.kill();
    origin?.close();
    origin?.closeAllConnections();
  });
  beforeEach(() => {
    asked = [];
    answer = (response) => response.json(ADA);
  });

  test('says who it is, by the cookie that it gave', async () => {
    assert.equal(await read(session()), 200);
    answer = (response) => response.json({ ...ADA, channels: ['private-x'] });
    assert.equal(await read(session()), 403);
    assert.equal((await get(server, '/page', session())).body, 'a page');
  });

  test('is shown the cookie and the Authorization, and nothing else of the request', async () => {
    const headers = { ...session(), authorization: 'Basic YWRhOng=', 'x-private': '1', accept: 'text/html' };
    assert.equal(await read(headers), 200);
    const [{ headers: shown, url, method }] = asked;
    assert.equal(`${method} ${url}`, 'GET /whoami');
    assert.equal(shown.cookie, headers.cookie);
    assert.equal(shown.authorization, headers.authorization);
    assert.equal(shown.host, `127.0.0.1:${server.port}`);
    assert.equal(shown['x-private'], undefined);
    assert.equal(shown['user-agent'], undefined);
    assert.equal(shown.accept, 'application/json');
    assert.equal(shown['x-forwarded-for'], '127.0.0.1');
  });

  test('is not asked about a token, or about nobody', async () => {
    assert.equal(await read({ authorization: `Bearer ${hs256()}`, ...session() }), 200);
    assert.equal(await read({ authorization: `Bearer ${hs256({ exp: 1 })}`, ...session() }), 401);
    assert.equal(await read({}), 401);
    assert.equal(asked.length, 0);
    assert.equal(await read({ authorization: 'Bearer of-the-app' }), 200);
    assert.equal(asked.length, 1);
  });

  test('says that it is nobody by 401, 403 or 204', async () => {
    for (const status of [401, 403, 204]) {
      answer = (response) => response.status(status).end();
      assert.equal(await read(session()), 401);
    }
  });

  test('in trouble is 503, never nobody, and is asked again', async () => {
    const troubles = [
      (response) => response.status(500).end(),
      (response) => response.redirect('/login'),
      (response) => response.send('<p>hello</p>'),
      (response) => response.json({ name: 'ada' }),
      (response) => response.json({ user: '' }),
      (response) => response.send(JSON.stringify({ user: 'ada', pad: 'x'.repeat(70_000) })),
      (response) => response.destroy(),
      () => {}, // no answer in time
    ];
    for (const trouble of troubles) {
      const cookie = session();
      answer = trouble;
      const refused = await get(server, '/rooms/1', cookie);
      assert.equal(refused.status, 503, String(trouble));
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.equal(refused.body.type, '/_offing/problems/unavailable');
      answer = (response) => response.json(ADA);
      assert.equal(await read(cookie), 200, String(trouble));
    }
  });

  test('is asked once by however many, and its answer is kept for a while', async () => {
    const cookie = session();
    let release;
    answer = async (response) => {
      await new Promise((resolve) => (release = resolve));
      response.json(ADA);
    };
    const all = Array.from({ length: 20 }, () => read(cookie));
    await until('the app is asked', () => release);
    release();
    assert.deepEqual(new Set(await Promise.all(all)), new Set([200]));
    assert.equal(asked.length, 1);
    answer = (response) => response.status(401).end();
    assert.equal(await read(cookie), 200, 'kept');
    await until('the answer is forgotten', async () => (await read(cookie)) === 401);
    assert.ok((await metric(server, 'offing_auth_answers_used_total')) > 0);
  });

  test('keeps users apart: another cookie is another question', async () => {
    const [one, two] = [session(), session()];
    answer = (response, request) => response.json(request.headers.cookie === one.cookie ? ADA : { user: 'ben' });
    assert.deepEqual([await read(one), await read(two), await read(one)], [200, 403, 200]);
    assert.equal(asked.length, 2);
  });
});
