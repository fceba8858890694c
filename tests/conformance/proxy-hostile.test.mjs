// The front door against origins that misbehave, and against clients that try to smuggle.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { describe, test } from 'node:test';
import { until } from '../lib/until.mjs';
import { exchange, parseResponses, request } from '../lib/raw-http.mjs';
import { counter, front, sleep } from './proxy-fixture.mjs';

const HOST = 'Host: localhost\r\n';
const QUICK = '[proxy]\nconnect_time = "400ms"\nresponse_time = "600ms"\nidle_time = "600ms"\n';
const HEAD = 'HTTP/1.1 200 OK\r\n';

// Answers once the request's head is there.
const say = (...pieces) => ({
  raw: async (socket, text) => {
    if (!text.endsWith('\r\n\r\n') || socket.answered) return;
    socket.answered = true;
    for (const piece of pieces) {
      if (typeof piece === 'number') await sleep(piece);
      else if (piece === null) socket.end();
      else if (!socket.destroyed) socket.write(piece, 'latin1');
    }
  },
});

// What a client of Node's makes of it: 'ABORTED', or the body.
const fetched = (port, options = {}) =>
  new Promise((resolve) => {
    const call = http.get({ port, host: '127.0.0.1', ...options }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (more) => (body += more));
      response.on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', () => resolve('ABORTED'));
    });
    call.on('error', () => resolve('ABORTED'));
  });

describe('an origin that does not answer', () => {
  test('is not there: 502 in words that name it, in the form that was asked for', async () => {
    const { port } = await front('http://127.0.0.1:1');
    const text = await request(port, 'GET', '/');
    assert.equal(text.status, 502);
    assert.equal(text.body, '502 Bad Gateway: the origin http://127.0.0.1:1 refused the connection\n');
    assert.equal(text.headers['retry-after'], '1');
    assert.equal(text.headers['cache-control'], 'no-store');
    const page = await request(port, 'GET', '/', { headers: { Accept: 'text/html,*/*' } });
    assert.match(
      page.body,
      /<h1>502 Bad Gateway<\/h1>\n<p>the origin http:\/\/127\.0\.0\.1:1 refused the connection\.<\/p>/,
    );
    const json = await request(port, 'GET', '/', { headers: { Accept: 'application/json' } });
    assert.equal(JSON.parse(json.body).detail, 'the origin http://127.0.0.1:1 refused the connection');
  });

  test('has a name that nobody knows: 502, and a warning at the start', async () => {
    const { server, port } = await front('http://no-such-host.invalid:3000');
    await server.prints(/warning.*--origin http:\/\/no-such-host\.invalid:3000: has a name that has no address/);
    const { status, body } = await request(port, 'GET', '/');
    assert.equal(status, 502);
    assert.match(body, /the origin http:\/\/no-such-host\.invalid:3000 has a name that has no address/);
  });

  test('is silent: 504', async () => {
    const { server, port } = await front({ raw: () => {} }, { config: QUICK });
    const { status, body, ms } = await request(port, 'GET', '/');
    assert.equal(status, 504);
    assert.match(body, /^504 Gateway Timeout: the origin http:\/\/127\.0\.0\.1:\d+ did not answer within 600 ms\n$/);
    assert.ok(ms < 2_000, `${ms} ms`);
    assert.equal(await counter(server, 'offing_proxy_late_total'), 1);
  });

  test('hangs up: 502', async () => {
    for (const pieces of [[null], [HEAD, null], [`${HEAD}Content-Le`, null]]) {
      const { port } = await front(say(...pieces));
      const { status, body } = await request(port, 'GET', '/');
      assert.equal(status, 502);
      assert.match(body, /closed the connection (before it answered|in the middle of its answer)/);
    }
  });

  test('has no connection left: the others wait, and beyond the limit get 503', async () => {
    const config = '[proxy]\nconnections_per_core = 1\nwaiting = 1\n';
    let answer;
    const { port } = await front((_, response) => (answer = response), { config });
    const first = request(port, 'GET', '/');
    await until('the first is there', () => answer);
    const second = request(port, 'GET', '/');
    await sleep(100);
    const third = await request(port, 'GET', '/');
    assert.deepEqual([third.status, third.headers['retry-after']], [503, '1']);
    assert.match(third.body, /is busy: too many requests wait for it/);
    const before = answer;
    before.end('one');
    await until('the second is there', () => answer !== before);
    answer.end('two');
    assert.deepEqual([(await first).body, (await second).body], ['one', 'two']);
  });
});

describe('an origin that talks nonsense: 502, and its connection is not used again', () => {
  const nonsense = {
    'no HTTP': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
    'HTTP/0.9': 'hello\r\n\r\n',
    'HTTP/2': 'HTTP/2.0 200 OK\r\n\r\n',
    'two lengths': `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    'two lengths that agree': `${HEAD}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`,
    'a length and chunks': `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'a length with a sign': `${HEAD}Content-Length: +1\r\n\r\na`,
    'a coding that we do not know': `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    'a disguised coding': `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    'chunks in HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'bare line feeds': 'HTTP/1.1 200 OK\nContent-Length: 1\n\na',
    'one bare line feed': `${HEAD}X: y\nContent-Length: 1\r\n\r\na`,
    'a bare carriage return': `${HEAD}X: y\rContent-Length: 1\r\n\r\na`,
    'a folded header': `${HEAD}X: y\r\n z\r\n\r\n`,
    'a space before the colon': `${HEAD}Content-Length : 1\r\n\r\na`,
    'a NUL': `${HEAD}X: a\0b\r\n\r\n`,
    'a header without a name': `${HEAD}: a\r\n\r\n`,
    'a head without an end': `${HEAD}X: ${'y'.repeat(70_000)}`,
    'too many headers': `${HEAD}${'X: y\r\n'.repeat(300)}\r\n`,
    '1xx without an end': 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(20),
    'a switch that nobody asked for': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n',
  };
  for (const [what, text] of Object.entries(nonsense)) {
    test(what, async () => {
      const { port, origin } = await front(say(text), { config: QUICK });
      for (const count of [1, 2]) {
        const got = await request(port, 'GET', '/');
        assert.equal(parseResponses(got.text).at(-1).status, 502, got.text);
        assert.match(got.text, /the origin http:\/\/127\.0\.0\.1:\d+ \w/);
        assert.equal(origin.opened(), count);
      }
    });
  }
});

describe('an answer that is not whole never looks whole', () => {
  const cut = {
    'a length that is not reached': [`${HEAD}Content-Length: 10\r\n\r\nhalf`, null],
    'chunks without the last': [`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, null],
    'a chunk that is cut': [`${HEAD}Transfer-Encoding: chunked\r\n\r\n8\r\nhalf`, null],
    'a chunk that is malformed': [`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, 30, 'zz\r\n'],
    'a chunk longer than it says': [`${HEAD}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf`, 30, 'more0\r\n\r\n'],
    'a silence within': [`${HEAD}Content-Length: 10\r\n\r\nhalf`],
  };
  for (const [what, pieces] of Object.entries(cut)) {
    test(what, async () => {
      const { server, port } = await front(say(...pieces), { config: QUICK });
      assert.equal(await fetched(port), 'ABORTED');
      assert.equal(await counter(server, 'offing_proxy_broken_total'), 1);
      const line = await until('it is logged', () => server.log()[0]);
      assert.deepEqual([line.status, line.bytes], [200, 4], 'the access log has what was sent');
    });
  }

  test("a connection that breaks where its end would have been the body's end", async () => {
    const raw = (socket) => {
      socket.write(`${HEAD}\r\nhalf`);
      setTimeout(() => socket.resetAndDestroy(), 30);
    };
    assert.equal(await fetched((await front({ raw })).port), 'ABORTED');
  });

  test('and one that ends in order is whole', async () => {
    const { port } = await front(say(`${HEAD}\r\nwhole`, 30, null));
    assert.deepEqual(await fetched(port), { status: 200, body: 'whole' });
  });

  test('a drip is followed for as long as it drips', async () => {
    const drips = Array.from({ length: 12 }, () => [100, 'x']).flat();
    const { port } = await front(say(`${HEAD}Content-Length: 12\r\n\r\n`, ...drips), { config: QUICK });
    assert.deepEqual(await fetched(port), { status: 200, body: 'x'.repeat(12) });
  });

  test('more than was said goes to nobody', async () => {
    const poison = `${HEAD}Content-Length: 6\r\n\r\nPOISON`;
    const { server, port, origin } = await front(say(`${HEAD}Content-Length: 2\r\n\r\nok${poison}`));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let n = 0; n < 3; n += 1) assert.deepEqual(await fetched(port, { agent }), { status: 200, body: 'ok' });
    agent.destroy();
    assert.equal(origin.opened(), 3);
    assert.equal(await counter(server, 'offing_proxy_leftover_total'), 3);
  });

  test("an early answer with the connection's end behind it reaches a client that is still sending", async () => {
    const raw = (socket, text) => {
      if (!socket.answered && text.includes('\r\n\r\n')) {
        socket.answered = true;
        socket.end('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
      }
    };
    const { port } = await front({ raw });
    const head = `POST / HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\n`;
    const got = await exchange(port, [head, ...Array(20).fill('x'.repeat(1_000))], { pause: 5, quiet: 1_000 });
    assert.match(got.text, /^HTTP\/1\.1 413 [^]*\r\n\r\nno$/);
    assert.ok(got.closed);
  });
});

describe('no request hides in another', () => {
  const inner = `GET /stolen HTTP/1.1\r\n${HOST}\r\n`;
  const chunked = `0\r\n\r\n${inner}`;
  const te = (line) => `${line}\r\nContent-Length: 4\r\n\r\n${chunked}`;
  const smuggled = {
    'CL.TE': `Content-Length: ${chunked.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    'TE.CL': te('Transfer-Encoding: chunked'),
    'TE.TE: xchunked': te('Transfer-Encoding: xchunked'),
    'TE.TE: a space before the colon': te('Transfer-Encoding : chunked'),
    'TE.TE: a tab before the value': te('Transfer-Encoding:\tchunked'),
    'TE.TE: a vertical tab': te('Transfer-Encoding:\x0bchunked'),
    'TE.TE: a space before the name': te(' Transfer-Encoding: chunked'),
    'TE.TE: folded': te('Transfer-Encoding:\r\n chunked'),
    'TE.TE: a bare line feed before it': te('X: y\nTransfer-Encoding: chunked'),
    'TE.TE: twice': te('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'),
    'TE.TE: identity last': te('Transfer-Encoding: chunked, identity'),
    'TE.TE: quoted': te('Transfer-Encoding: "chunked"'),
    'TE.TE: a NUL behind it': te('Transfer-Encoding: chunked\0'),
    'CL.CL': `Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    'CL.CL in one header': `Content-Length: 0, ${inner.length}\r\n\r\n${inner}`,
    'CL with a sign': `Content-Length: +0\r\n\r\n${inner}`,
    'CL with an underscore beside': `Content_Length: 0\r\nContent-Length: -0\r\n\r\n${inner}`,
    'a chunk line that ends in a bare LF': `Transfer-Encoding: chunked\r\n\r\n2\nxx0\r\n\r\n${inner}`,
    'a chunk extension with a bare LF': `Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n33\r\n0\r\n\r\n${inner}`,
    'a chunk extension with a bare CR': `Transfer-Encoding: chunked\r\n\r\n2;a\rb\r\nxx\r\n0\r\n\r\n${inner}`,
    'a chunk size in 0x': `Transfer-Encoding: chunked\r\n\r\n0x2\r\nxx\r\n0\r\n\r\n${inner}`,
    'a chunk size that wraps': `Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n${inner}`,
    'a chunk that ends elsewhere': `Transfer-Encoding: chunked\r\n\r\n2\r\nxxxx\r\n0\r\n\r\n${inner}`,
  };
  for (const [what, rest] of Object.entries(smuggled)) {
    test(what, async () => {
      const seen = [];
      const { port } = await front((request, response) => {
        seen.push(request.url);
        request
          .resume()
          .on('end', () => response.end('answer'))
          .on('error', () => {});
      });
      const got = await exchange(port, `POST /post HTTP/1.1\r\n${HOST}${rest}`, { quiet: 500 });
      const statuses = parseResponses(got.text).map(({ status }) => status);
      assert.ok(statuses.length === 1 && [400, 501].includes(statuses[0]), `${statuses}: ${got.text}`);
      assert.ok(got.closed);
      assert.ok(!seen.includes('/stolen'), String(seen));
    });
  }

  test('what is passed on has one length, and the body is chunked anew', async () => {
    let heard = '';
    const { port } = await front({
      raw: (socket, text) => {
        heard = text;
        if (text.endsWith('0\r\n\r\n')) socket.write(`${HEAD}Content-Length: 2\r\n\r\nok`);
      },
    });
    const body = '5;ext="a;b"\r\nhello\r\n0\r\nX-Trailer: Content-Length: 5\r\n\r\n';
    const parts = [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`, body];
    const got = await exchange(port, parts, { pause: 50 });
    assert.match(got.text, /ok$/);
    assert.match(heard, /\r\ntransfer-encoding: chunked\r\n/);
    assert.doesNotMatch(heard, /content-length|ext=|trailer/i);
    assert.match(heard, /\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
  });

  test('Connection cannot take away what the origin relies on', async () => {
    let heard = '';
    const { port } = await front({
      raw: (socket, text) => {
        heard = text;
        socket.write(`${HEAD}Content-Length: 2\r\n\r\nok`);
      },
    });
    const named = 'Connection: close, Host, Content-Length, X-Forwarded-For, Via, X-Mine\r\nX-Mine: 1\r\n';
    await exchange(port, `POST / HTTP/1.1\r\n${HOST}${named}Content-Length: 2\r\n\r\nhi`);
    assert.match(heard, /\r\nhost: localhost\r\n/);
    assert.match(heard, /\r\ncontent-length: 2\r\n/);
    assert.match(heard, /\r\nx-forwarded-for: 127\.0\.0\.1\r\n/);
    assert.doesNotMatch(heard, /x-mine|connection:/i);
  });

  test('an absolute target says which host, whatever Host says', async () => {
    const { port } = await front((request, response) => response.end(`${request.url} ${request.headers.host}`));
    const got = await exchange(port, 'GET http://real.example/x?y HTTP/1.1\r\nHost: other.example\r\n\r\n');
    assert.match(got.text, /\/x\?y real\.example$/);
  });

  test('h2c is not a way around', async () => {
    let upgrade = 'none';
    const { port } = await front((request, response) => {
      upgrade = request.headers.upgrade;
      response.end('plain');
    });
    const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n';
    const got = await exchange(port, `GET / HTTP/1.1\r\n${HOST}${h2c}\r\n`);
    assert.match(got.text, /plain$/);
    assert.equal(upgrade, undefined);
  });

  test('a WebSocket that the origin refuses opens no tunnel', async () => {
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    const { port } = await front(say('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n'));
    const upgrade = `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`;
    const bad = `GET /stolen HTTP/1.1\r\n${HOST}: bad\r\n\r\n`;
    const got = await exchange(port, upgrade + bad);
    assert.deepEqual(
      parseResponses(got.text).map(({ status }) => status),
      [426, 400],
      'what follows is read as a request of its own, by this server',
    );
  });
});

describe('a client that misbehaves', () => {
  test('sends less than it said: the origin never takes that for a whole request', async () => {
    let how;
    const { port } = await front((request) => {
      request.resume();
      request.on('end', () => (how = 'whole')).on('aborted', () => (how = 'aborted'));
    });
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100000\r\n\r\n`);
    await sleep(50);
    socket.write('only this');
    await sleep(50);
    socket.destroy();
    await until('the origin hears of it', () => how);
    assert.equal(how, 'aborted');
  });

  test('asks in a circle: 508', async () => {
    const { server, port } = await front((incoming, response) => {
      const path = { port, host: '127.0.0.1', path: incoming.url, headers: incoming.headers };
      http.get(path, (inner) => response.writeHead(inner.statusCode) && inner.pipe(response));
    });
    assert.equal((await request(port, 'GET', '/')).status, 508);
    assert.equal(await counter(server, 'offing_proxy_loops_total'), 1);
  });
});

test('an --origin that is none is refused at the start', async () => {
  const { runOffing } = await import('../lib/server.mjs');
  for (const url of ['127.0.0.1:3000', 'https://a', 'http://a/b']) {
    const { code, stderr } = await runOffing(['serve', '--origin', url, '--listen', '127.0.0.1:0']);
    assert.equal(code, 1);
    assert.match(stderr, /--origin .*write http:\/\/HOST\[:PORT\], such as http:\/\/127\.0\.0\.1:3000/);
  }
});
