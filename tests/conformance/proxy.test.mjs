// The front door: what goes through to an origin of Node's, and comes back.
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from '../lib/until.mjs';
import { exchange, parseResponses, request } from '../lib/raw-http.mjs';
import { counter, front, rss, sleep } from './proxy-fixture.mjs';

const HOST = 'Host: localhost\r\n';
const MB = 1 << 20;

const echo = (request, response) => {
  response.setHeader('x-method', request.method);
  response.end(JSON.stringify({ url: request.url, headers: request.headers, raw: request.rawHeaders }));
};

function send(port, options, body) {
  return new Promise((resolve, reject) => {
    const call = http.request({ port, host: '127.0.0.1', ...options }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ response, text: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}

describe('what is passed on', () => {
  test('method, target, headers and who asked', async () => {
    const { port } = await front(echo);
    const { text } = await send(port, { path: '/a%2Fb?c=d', headers: { 'X-One': '1', Cookie: 'a=b' } });
    const { url, headers } = JSON.parse(text);
    assert.equal(url, '/a%2Fb?c=d');
    assert.equal(headers.host, `127.0.0.1:${port}`);
    assert.equal(headers['x-one'], '1');
    assert.equal(headers.cookie, 'a=b');
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'http');
    assert.match(headers.forwarded, /^for=127\.0\.0\.1;host="127\.0\.0\.1:\d+";proto=http$/);
    assert.equal(headers.via, '1.1 offing');
  });

  test('host = "origin", and peers that are not trusted', async () => {
    const { port, origin } = await front(echo, { config: '[proxy]\nhost = "origin"\ntrusted = []\n' });
    const { text } = await send(port, { path: '/', headers: { 'X-Forwarded-For': '1.2.3.4' } });
    const { headers } = JSON.parse(text);
    assert.equal(headers.host, `127.0.0.1:${origin.port}`);
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  });

  test('a trusted peer is believed and added to', async () => {
    const { port } = await front(echo);
    const sent = { 'X-Forwarded-For': '1.2.3.4', 'X-Forwarded-Proto': 'https' };
    const { headers } = JSON.parse((await send(port, { path: '/', headers: sent })).text);
    assert.equal(headers['x-forwarded-for'], '1.2.3.4, 127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'https');
  });

  test('every method, and HEAD, 204 and 304 without a body', async () => {
    const { port } = await front((request, response) => {
      response.setHeader('x-method', request.method);
      response.statusCode = Number(request.url.slice(1)) || 200;
      response.setHeader('content-length', request.method === 'HEAD' ? 1234 : 0);
      response.end();
    });
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      assert.equal((await request(port, method, '/')).headers['x-method'], method);
    }
    const head = await request(port, 'HEAD', '/');
    assert.equal(head.headers['content-length'], '1234');
    const pair = `GET /204 HTTP/1.1\r\n${HOST}\r\nGET /304 HTTP/1.1\r\n${HOST}\r\n`;
    const got = parseResponses((await exchange(port, pair)).text);
    assert.deepEqual(
      [got.map(({ status }) => status), got.map(({ body }) => body)],
      [
        [204, 304],
        ['', ''],
      ],
    );
    assert.equal((await request(port, 'TRACE', '/')).status, 405);
  });

  test('redirects, cookies and every other header of the answer, in order', async () => {
    const { port } = await front((_, response) => {
      response.writeHead(
        302,
        [
          ['Location', '/x'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['Server', 'me'],
        ].flat(),
      );
      response.end('moved');
    });
    const { status, fields, body } = await request(port, 'GET', '/');
    assert.equal(status, 302);
    assert.deepEqual(
      fields.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
      ['a=1', 'b=2'],
    );
    assert.deepEqual(
      fields.filter(([name]) => name === 'server').map(([, value]) => value),
      ['me'],
    );
    assert.equal(fields.filter(([name]) => name === 'date').length, 1);
    assert.equal(body, 'moved');
  });

  test('an HTTP/1.0 client gets no chunks, and the end of the connection as the end', async () => {
    const { port } = await front((_, response) => {
      response.write('one ');
      setTimeout(() => response.end('two'), 20);
    });
    const { text, closed } = await exchange(port, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', { quiet: 3_000 });
    const [{ headers, body }] = parseResponses(text);
    assert.equal(headers['transfer-encoding'], undefined);
    assert.deepEqual([body, closed], ['one two', true]);
  });

  test('a hundred headers both ways', async () => {
    const { port } = await front((request, response) => {
      for (let n = 0; n < 100; n += 1) response.setHeader(`x-${n}`, `${request.headers[`y-${n}`]}!`);
      response.end();
    });
    const headers = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`y-${n}`, String(n)]));
    const { response } = await send(port, { path: '/', headers });
    for (let n = 0; n < 100; n += 1) assert.equal(response.headers[`x-${n}`], `${n}!`);
  });
});

describe('streams', () => {
  const many = async (source, sink) => {
    for (let n = 0; n < 100; n += 1) if (!sink.write(source)) await new Promise((go) => sink.once('drain', go));
    sink.end();
  };
  const piece = Buffer.alloc(MB, 'x');

  test('100 MB each way, and the server stays as small as it was', async () => {
    const { server, port } = await front((request, response) => {
      if (request.method === 'GET') return many(piece, response);
      let bytes = 0;
      request.on('data', (chunk) => (bytes += chunk.length)).on('end', () => response.end(String(bytes)));
    });
    await send(port, { path: '/', method: 'POST' }, 'warm');
    const before = rss(server);
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, rss(server))), 10);
    const down = await new Promise((resolve, reject) => {
      http
        .get({ port, host: '127.0.0.1' }, async (response) => {
          let bytes = 0;
          for await (const chunk of response) bytes += chunk.length;
          resolve(bytes);
        })
        .on('error', reject);
    });
    const up = (headers) =>
      new Promise((resolve, reject) => {
        const call = http.request({ port, host: '127.0.0.1', method: 'POST', headers }, async (response) => {
          let text = '';
          for await (const chunk of response) text += chunk;
          resolve(Number(text));
        });
        call.on('error', reject);
        many(piece, call);
      });
    const chunked = await up({});
    const sized = await up({ 'Content-Length': 100 * MB });
    clearInterval(watch);
    assert.deepEqual([down, chunked, sized], [100 * MB, 100 * MB, 100 * MB]);
    assert.ok(most - before < 8 * 1024, `grew from ${before} to ${most} kB`);
  });

  test('neither a slow reader nor a slow origin makes it hold more', async () => {
    let paused;
    const { server, port } = await front((request, response) => {
      if (request.method === 'GET') return many(piece, response).catch(() => {});
      if (request.method === 'HEAD') return response.end();
      request.pause();
      paused = response;
    });
    await send(port, { path: '/', method: 'HEAD' });
    const before = rss(server);
    const reader = http.get({ port, host: '127.0.0.1' }, (response) => response.pause());
    const writer = http.request({ port, host: '127.0.0.1', method: 'POST' });
    writer.on('error', () => {});
    reader.on('error', () => {});
    many(piece, writer);
    await until('the upload has reached the origin', () => paused);
    await sleep(500);
    assert.ok(rss(server) - before < 8 * 1024, `grew from ${before} to ${rss(server)} kB`);
    reader.destroy();
    writer.destroy();
  });

  test('server-sent events are not held back', async () => {
    const { port } = await front((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(`data: ${Date.now()}\n\n`), 20);
      response.on('close', () => clearInterval(timer));
    });
    const delays = [];
    await new Promise((resolve) => {
      const call = http.get({ port, host: '127.0.0.1' }, (response) => {
        response.setEncoding('utf8').on('data', (text) => {
          for (const [, at] of text.matchAll(/data: (\d+)\n\n/g)) delays.push(Date.now() - Number(at));
          if (delays.length >= 20) resolve(call.destroy());
        });
      });
    });
    delays.sort((a, b) => a - b);
    assert.ok(delays[10] <= 20, `half of the events took longer than ${delays[10]} ms`);
  });

  test('a client that goes takes its request to the origin with it', async () => {
    let gone = false;
    const { port } = await front((_, response) => {
      response.write('first');
      response.on('close', () => (gone = true));
    });
    await new Promise((resolve) => {
      const call = http.get({ port, host: '127.0.0.1' }, (response) =>
        response.once('data', () => resolve(call.destroy())),
      );
      call.on('error', () => {});
    });
    await until('the origin hears of it', () => gone);
  });

  test("Expect: 100-continue is the origin's to answer", async () => {
    let wanted = true;
    const { port, origin } = await front((request, response) =>
      request.resume().on('end', () => response.end('got it')),
    );
    origin.server.on('checkContinue', (request, response) => {
      if (!wanted) return response.writeHead(413).end('too much');
      response.writeContinue();
      request.resume().on('end', () => response.end('got it'));
    });
    const ask = () =>
      new Promise((resolve, reject) => {
        let continued = false;
        const headers = { Expect: '100-continue', 'Content-Length': 5 };
        const call = http.request({ port, host: '127.0.0.1', method: 'POST', headers }, (response) =>
          resolve({ continued, status: response.statusCode }),
        );
        call.on('continue', () => {
          continued = true;
          call.end('hello');
        });
        call.on('error', reject);
        call.flushHeaders();
      });
    assert.deepEqual(await ask(), { continued: true, status: 200 });
    wanted = false;
    assert.deepEqual(await ask(), { continued: false, status: 413 });
  });

  test('103 is passed on', async () => {
    const { port } = await front((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('body');
    });
    const { text } = await exchange(port, `GET / HTTP/1.1\r\n${HOST}\r\n`);
    assert.match(text, /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/i);
  });
});

describe('connections', () => {
  test('to the origin are used again', async () => {
    const { server, port, origin } = await front(echo);
    for (let n = 0; n < 20; n += 1) await send(port, { path: `/${n}` });
    assert.equal(origin.opened(), 1);
    assert.equal(await counter(server, 'offing_proxy_connections_reused_total'), 19);
  });

  test('that the origin closes while they are kept do no harm', async () => {
    const { port } = await front(echo, { node: { keepAliveTimeout: 30 } });
    for (let n = 0; n < 30; n += 1) {
      assert.equal((await send(port, { path: '/' })).response.statusCode, 200);
      await sleep(25 + (n % 10));
    }
  });

  test('an origin that was restarted is found again', async () => {
    const { port, origin } = await front(echo);
    await send(port, { path: '/' });
    await origin.close();
    assert.equal((await request(port, 'GET', '/')).status, 502);
    const again = http.createServer(echo);
    await new Promise((resolve) => again.listen(origin.port, '127.0.0.1', resolve));
    assert.equal((await request(port, 'GET', '/')).status, 200);
    again.close();
  });
});

describe('WebSockets', () => {
  test('go through to the origin and back, of any size, and end with their end', async () => {
    const { server, port, origin } = await front(echo);
    const sockets = new WebSocketServer({ server: origin.server });
    sockets.on('connection', (socket, request) => {
      socket.send(`${request.url} ${request.headers['x-forwarded-for']}`);
      socket.on('message', (data, binary) =>
        String(data) === 'bye' ? socket.close(4000, 'done') : socket.send(data, { binary }),
      );
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?a=b`);
    const hear = () => new Promise((resolve) => socket.once('message', resolve));
    assert.equal(String(await hear()), '/chat?a=b 127.0.0.1');
    for (const size of [0, 1, 125, 126, 65_536, 3 * MB]) {
      const sent = Buffer.alloc(size, 'w');
      socket.send(sent);
      assert.ok((await hear()).equals(sent), String(size));
    }
    assert.equal(await counter(server, 'offing_proxy_tunnels'), 1);
    socket.send('bye');
    const code = await new Promise((resolve) => socket.once('close', resolve));
    assert.equal(code, 4000);
    await until('the tunnel is gone', async () => (await counter(server, 'offing_proxy_tunnels')) === 0);
    const logged = () => server.log().filter(({ ws }) => ws);
    await until('both are logged', () => logged().length > 1);
    const lines = logged();
    assert.deepEqual(
      lines.map(({ ws, status, target }) => [ws, status, target]),
      [
        ['open', 101, '/chat?a=b'],
        ['close', 101, '/chat?a=b'],
      ],
    );
    assert.ok(lines[1].bytes > 3 * MB);
  });

  test("are refused in the origin's own words", async () => {
    const { port } = await front((_, response) => response.writeHead(403).end('not here'));
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    const status = await new Promise((resolve) =>
      socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode)),
    );
    assert.equal(status, 403);
    socket.on('error', () => {}).terminate();
  });

  test('of a channel stay with the server', async () => {
    const { port } = await front(echo);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/app/test-key?protocol=7`);
    const first = await new Promise((resolve) => socket.once('message', resolve));
    assert.match(String(first), /connection_established/);
    socket.close();
  });
});

describe('a folder in front of it', () => {
  test('has its own files, and the origin the rest', async () => {
    const files = { 'index.html': '<!doctype html>home', 'a.txt': 'from the folder' };
    const { port } = await front(echo, { files });
    assert.equal((await request(port, 'GET', '/a.txt')).body, 'from the folder');
    assert.equal((await request(port, 'POST', '/a.txt', { body: 'x' })).headers['x-method'], 'POST');
    assert.equal(JSON.parse((await request(port, 'GET', '/api/x')).body).url, '/api/x');
    assert.match((await request(port, 'GET', '/_offing/worker.js')).headers['content-type'], /javascript/);
  });
});
