// HTTP/1.1 itself: requests that are too big, too slow, malformed, or two in one.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { exchange, parseResponses, request } from '../lib/raw-http.mjs';
import { serverForFile } from './fixture.mjs';

const on = serverForFile({ files: { 'index.html': 'home', 'text.txt': 'text', 'stolen.txt': 'STOLEN' } });
const HOST = 'Host: localhost\r\n';
const send = (text, options) => exchange(on.port, text, options);
const statuses = (got) => parseResponses(got.text).map((response) => response.status);

describe('connections', () => {
  test('are kept, and requests sent at once are answered in order', async () => {
    const one = `GET /text.txt HTTP/1.1\r\n${HOST}\r\n`;
    const two = `GET /missing HTTP/1.1\r\n${HOST}\r\n`;
    const got = await send(one + two + one);
    assert.deepEqual(statuses(got), [200, 404, 200]);
    assert.equal(got.closed, false);
  });

  test('end after Connection: close, and after HTTP/1.0', async () => {
    const close = await send(`GET /text.txt HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, { quiet: 3_000 });
    assert.deepEqual([statuses(close), close.closed], [[200], true]);
    const old = await send('GET /text.txt HTTP/1.0\r\n\r\n', { quiet: 3_000 });
    assert.deepEqual([statuses(old), old.closed], [[200], true]);
  });

  test('a request that arrives byte by byte is understood', async () => {
    const got = await send([...`GET /text.txt HTTP/1.1\r\n${HOST}\r\n`], { pause: 1 });
    assert.deepEqual(statuses(got), [200]);
  });

  test('Expect: 100-continue is answered before the body is read', async () => {
    const head = `POST /text.txt HTTP/1.1\r\n${HOST}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
    const [first] = statuses(await send(head));
    assert.ok([100, 405, 417].includes(first), String(first));
  });

  test('a connection that is cut in the middle of a request harms nobody', async () => {
    for (const part of [
      'G',
      `GET /text.txt HTTP/1.1\r\n${HOST}`,
      `POST /apps/1/events HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nhalf`,
    ]) {
      await send(part, { quiet: 0, timeout: 50 });
    }
    assert.equal((await request(on.port, 'GET', '/text.txt')).status, 200);
  });
});

describe('a request is one request', () => {
  const inner = `GET /stolen.txt HTTP/1.1\r\n${HOST}\r\n`;
  const chunked = `0\r\n\r\n${inner}`;
  const smuggled = {
    'Content-Length with Transfer-Encoding': `Content-Length: ${chunked.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    'Transfer-Encoding with Content-Length': `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${chunked}`,
    'two lengths that differ': `Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    'two lengths in one header': `Content-Length: 0, ${inner.length}\r\n\r\n${inner}`,
    'a length with a sign': `Content-Length: +0\r\n\r\n${inner}`,
    'a negative length': `Content-Length: -1\r\n\r\n${inner}`,
    'a length in hexadecimal': `Content-Length: 0x0\r\n\r\n${inner}`,
    'a length that overflows': `Content-Length: 18446744073709551616\r\n\r\n${inner}`,
    'an unknown coding': `Transfer-Encoding: xchunked\r\n\r\n${chunked}`,
    'chunked that is not last': `Transfer-Encoding: chunked, identity\r\n\r\n${chunked}`,
    'a space before the colon': `Transfer-Encoding : chunked\r\n\r\n${chunked}`,
    'a chunk size that overflows': `Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n${inner}`,
    'a chunk size that is no number': `Transfer-Encoding: chunked\r\n\r\nzz\r\n${inner}`,
    'a NUL in a header': `X: a\0b\r\n\r\n${inner}`,
    'a bare CR in a header': `X: a\rContent-Length: 5\r\n\r\n${inner}`,
  };
  for (const [what, rest] of Object.entries(smuggled)) {
    test(`${what}: refused, and the end`, async () => {
      const got = await send(`POST /text.txt HTTP/1.1\r\n${HOST}${rest}`, { quiet: 2_000 });
      const [status, ...more] = statuses(got);
      assert.ok([400, 501].includes(status), got.text.slice(0, 300));
      assert.deepEqual([more, got.closed], [[], true], got.text.slice(0, 300));
      assert.ok(!got.text.includes('STOLEN'));
    });
  }

  test('a folded line is a part of the header before it, or refused', async () => {
    const got = await send(
      `POST /text.txt HTTP/1.1\r\n${HOST}X: a\r\n Content-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    assert.ok([String([405, 200]), '400'].includes(String(statuses(got))), String(statuses(got)));
  });

  test('chunked bodies are understood', async () => {
    const body = '5\r\nhello\r\n0\r\n\r\n';
    const got = await send(`POST /text.txt HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${body}${inner}`);
    assert.deepEqual(statuses(got), [405, 200]);
  });
});

describe('what is no HTTP/1.1: 400 or 505', () => {
  const texts = {
    'no Host': 'GET / HTTP/1.1\r\n\r\n',
    'two Hosts': `GET / HTTP/1.1\r\n${HOST}Host: other\r\n\r\n`,
    'a method with a space': `G ET / HTTP/1.1\r\n${HOST}\r\n`,
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'HTTP/3.7': `GET / HTTP/3.7\r\n${HOST}\r\n`,
    'no version': 'GET /\r\n\r\n',
    'a TLS greeting': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'a header without a colon': `GET / HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`,
    'an empty header name': `GET / HTTP/1.1\r\n${HOST}: x\r\n\r\n`,
    'a control character in the target': `GET /\x01 HTTP/1.1\r\n${HOST}\r\n`,
    'a target that is no path': `GET text.txt HTTP/1.1\r\n${HOST}\r\n`,
  };
  for (const [what, text] of Object.entries(texts)) {
    test(what, async () => {
      const got = await send(text, { quiet: 2_000 });
      assert.ok(got.closed, 'the connection ends');
      const found = statuses(got);
      assert.ok(found.length <= 1 && [400, 505, undefined].includes(found[0]), got.text.slice(0, 200));
    });
  }
});

describe('limits', { concurrency: true }, () => {
  test('a header section over 16 KiB: 431', async () => {
    assert.equal((await request(on.port, 'GET', '/', { headers: { X: 'x'.repeat(20_000) } })).status, 431);
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`X-${n}`, 'y'.repeat(10)]));
    assert.equal((await request(on.port, 'GET', '/', { headers: many })).status, 431);
  });

  test('a target over 8 KiB: 414', async () => {
    assert.equal((await request(on.port, 'GET', `/${'x'.repeat(9_000)}`)).status, 414);
  });

  test('a body over the limit: 413, before it was read', async () => {
    const got = await send(`POST /apps/1/events HTTP/1.1\r\n${HOST}Content-Length: 999999999\r\n\r\n`, {
      quiet: 2_000,
    });
    assert.deepEqual(statuses(got), [413]);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const head = `POST /apps/1/events HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
    const endless = await send([head, ...Array(40).fill(chunk)], { quiet: 2_000, pause: 1 });
    assert.equal(statuses(endless)[0] ?? 413, 413);
    assert.ok(endless.closed);
  });

  test('a header that never ends is given up with 408 within half a minute', async () => {
    const drips = [`GET / HTTP/1.1\r\n${HOST}`, ...Array(300).fill('X: y\r\n')];
    const got = await send(drips, { quiet: 0, pause: 100, timeout: 30_000 });
    assert.ok(got.closed, `still open after ${got.ms} ms`);
    assert.ok([408, undefined].includes(statuses(got)[0]));
  });

  test('a body that never comes is given up within half a minute', async () => {
    const got = await send(`POST /apps/1/events HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nx`, {
      quiet: 0,
      timeout: 30_000,
    });
    assert.ok(got.closed, `still open after ${got.ms} ms`);
    assert.ok([408, undefined].includes(statuses(got)[0]));
  });
});

describe('upgrades', () => {
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const upgrade = (lines, target = '/app/test-key?protocol=7') =>
    send(`GET ${target} HTTP/1.1\r\n${HOST}${lines}\r\n`, { quiet: 1_000 });

  test('the accept key is computed', async () => {
    const got = await upgrade(
      `Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n${key}`,
    );
    assert.match(got.text, /^HTTP\/1\.1 101 /);
    assert.match(got.text, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    assert.doesNotMatch(got.text, /sec-websocket-extensions/i);
  });

  test('without a key, with another version or another method: no 101', async () => {
    const wrong = [
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
      `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n${key}`,
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n',
    ];
    for (const lines of wrong) {
      const [status] = statuses(await upgrade(lines));
      assert.ok([400, 426].includes(status), String(status));
    }
    const text = `POST /app/test-key?protocol=7 HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${key}\r\n`;
    assert.notEqual(statuses(await send(text, { quiet: 1_000 }))[0], 101);
  });

  test('a frame that is sent together with the upgrade is read', async () => {
    const client = PusherSocket.dial(on.port);
    client.ws.on('upgrade', (response) => response.socket.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0])));
    await new Promise((resolve) => client.ws.once('pong', resolve));
    client.close();
  });
});
