// Live resources over HTTP: folded as events are published, stated at a position, the same after a kill.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fresh, serverForFile } from './fixture.mjs';

const on = serverForFile();

// A resource of its own for each test: [url path, channel].
function room() {
  const name = fresh('r');
  return [`/live/${name}/feed.json`, `log-live-${name}`];
}

async function get(path, headers = {}, method = 'GET') {
  const response = await fetch(on.server.origin + path, { method, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text ? JSON.parse(text) : undefined };
}

describe('a live resource', () => {
  test('is its initial value at 0:0 before anything was published', async () => {
    const [path] = room();
    const { status, headers, json } = await get(path);
    assert.equal(status, 200);
    assert.deepEqual(json, []);
    assert.equal(headers.get('offing-position'), '0:0');
    assert.equal(headers.get('content-type'), 'application/json');
    assert.equal(headers.get('cache-control'), 'no-cache');
    const doc = await get('/doc.json');
    assert.deepEqual(doc.json, {}, 'operations on objects start from an object');
  });

  test('holds what was published, when the publisher has its answer', async () => {
    const [path, channel] = room();
    for (let n = 1; n <= 7; n++) {
      const id = await on.api.publish(channel, 'message', { n });
      const { headers, json } = await get(path);
      assert.equal(headers.get('offing-position'), id);
      assert.ok(headers.get('etag').startsWith(`"${id}`), headers.get('etag'));
      assert.equal(json[0].n, n);
      assert.equal(json.length, Math.min(n, 5), 'the limit');
    }
  });

  test('picks the operation by the event name, and a bad event stops only itself', async () => {
    const [path, channel] = room();
    const steps = [
      ['all', [{ id: 1, v: 'a' }], [{ id: 1, v: 'a' }]],
      ['any', { id: 2 }, [{ id: 2 }, { id: 1, v: 'a' }]],
      ['edit', { id: 1, v: 'b' }, [{ id: 2 }, { id: 1, v: 'b' }]],
      ['edit', { nothing: 1 }, [{ id: 2 }, { id: 1, v: 'b' }]],
      ['edit', 'not JSON', [{ id: 2 }, { id: 1, v: 'b' }]],
      ['drop', '2', [{ id: 1, v: 'b' }]],
      ['any', 'plain text', ['plain text', { id: 1, v: 'b' }]],
    ];
    for (const [name, data, expected] of steps) {
      const id = await on.api.publish(channel, name, data);
      const { headers, json } = await get(path);
      assert.deepEqual(json, expected, `${name} ${JSON.stringify(data)}`);
      assert.equal(headers.get('offing-position'), id, 'the position moves with every event');
    }
  });

  test('answers HEAD, and 304 where the browser has that value', async () => {
    const [path, channel] = room();
    const id = await on.api.publish(channel, 'e', '1');
    const head = await get(path, {}, 'HEAD');
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal(head.headers.get('offing-position'), id);
    assert.equal(head.headers.get('content-length'), String(Buffer.byteLength('[1]')));
    const same = await get(path, { 'if-none-match': head.headers.get('etag') });
    assert.deepEqual([same.status, same.text], [304, '']);
    assert.equal((await get(path, { 'if-none-match': '"0:0"' })).status, 200);
    const post = await fetch(on.server.origin + path, { method: 'POST', body: 'x' });
    assert.equal(post.status, 405);
    assert.match(post.headers.get('allow'), /GET/);
  });

  test('keeps rooms apart, and a parameter matches one segment', async () => {
    const [[one, channel], [two]] = [room(), room()];
    await on.api.publish(channel, 'e', '1');
    assert.deepEqual((await get(one)).json, [1]);
    assert.deepEqual((await get(two)).json, []);
    assert.equal((await fetch(`${on.server.origin}/live/a/b/feed.json`)).status, 404);
  });

  test('is the same after the server was killed', async () => {
    const [path, channel] = room();
    for (let n = 1; n <= 9; n++) await on.api.publish(channel, 'e', { n });
    const before = await get(path);
    await on.server.kill();
    await on.server.run();
    const after = await get(path);
    assert.equal(after.text, before.text);
    assert.equal(after.headers.get('etag'), before.headers.get('etag'));
  });
});
