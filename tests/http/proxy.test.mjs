// The proxy in front of a real Express app, beside nginx in front of the same.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { exchange, request } from '../lib/raw-http.mjs';
import { answers, bothProxies, requests } from './proxies.mjs';
import { ask, get, HOST } from './table.mjs';

const on = bothProxies();
const ok = (body, headers) => ({ status: 200, headers, body });
const sha = (body) => createHash('sha256').update(body).digest('hex');

answers('answers pass', on, [
  {
    name: 'a text, with what caches are told',
    send: get('/text'),
    is: ok('hello', { 'cache-control': 'private, max-age=5', etag: /^W\// }),
  },
  { name: 'JSON', send: get('/json'), is: ok(/^\{"a"/, { 'content-type': 'application/json; charset=utf-8' }) },
  { name: 'an empty body', send: get('/empty'), is: ok('') },
  { name: 'a page', send: get('/', { Accept: 'text/html' }), is: ok(/app/) },
  { name: 'HEAD', send: ask('HEAD', '/text'), is: { status: 200, headers: { 'content-length': '5' }, body: '' } },
  { name: 'HEAD of a stream', send: ask('HEAD', '/stream'), is: { status: 200, body: '' } },
  {
    name: '304 by the tag that the app made',
    send: get('/text', { 'If-None-Match': '*' }),
    is: { status: 304, headers: { etag: /^W\// } },
  },
  ...[201, 204, 205, 401, 404, 405, 410, 418, 429, 500, 502, 503].map((status) => ({
    name: `the app's ${status} is the client's`,
    send: get(`/status/${status}`),
    is: { status, headers: { 'x-kept': 'yes' } },
  })),
  { name: 'an error page of the app', send: get('/error'), is: { status: 500, body: /the app failed/ } },
  { name: 'what the app does not have', send: get('/no/such/page'), is: { status: 404, body: /Cannot GET/ } },
  { name: 'methods that the app does not have', send: ask('POST', '/text', {}, 'x'), is: { status: 404 } },
  { name: 'OPTIONS is for the app', send: ask('OPTIONS', '/text'), is: { status: 200, headers: { allow: /GET/ } } },
  { name: 'two cookies', send: get('/cookies'), is: ok('two cookies') },
  { name: 'a hundred headers', send: get('/headers/100'), is: ok('many headers', { 'x-header-99': 'v'.repeat(20) }) },
  { name: 'a long header', send: get('/long-header/3000'), is: ok('long header', { 'x-long': 'v'.repeat(3_000) }) },
  {
    name: 'compressed by the app',
    send: get('/gzip', { 'Accept-Encoding': 'gzip' }),
    is: ok(/^compressed by the app/, { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }),
  },
  {
    name: 'a relative redirect',
    send: get('/redirect/relative'),
    is: { status: 302, headers: { location: '/text?x=1' } },
  },
  {
    name: 'a redirect to elsewhere',
    send: get('/redirect/absolute'),
    is: { status: 301, headers: { location: 'https://elsewhere.example/a%20b' } },
  },
  {
    name: 'a redirect to the host that the client asked',
    send: get('/redirect/back', { Host: 'app.example' }),
    is: { status: 307, headers: { location: 'http://app.example/text' } },
  },
]);

answers('bodies pass', on, [
  { name: 'a stream', send: get('/stream'), is: ok('one two three') },
  {
    name: 'a stream for HTTP/1.0, which knows no chunks',
    send: `GET /stream HTTP/1.0\r\n${HOST}\r\n`,
    quiet: 1_000,
    is: { ...ok('one two three', { 'transfer-encoding': null }), closed: true },
  },
  { name: 'a body that ends with the connection', send: get('/close-delimited'), is: ok('until the end') },
  {
    name: 'and the client keeps its own',
    send: `GET /close-delimited HTTP/1.1\r\n${HOST}\r\n`,
    is: { ...ok('until the end'), closed: false },
    direct: { closed: true },
  },
  {
    name: 'a large body, whole',
    send: get('/large/5000000'),
    is: ok(/^(0123456789abcdef){312500}$/, { 'content-length': '5000000' }),
  },
  {
    name: 'three requests at once',
    send: `GET /text HTTP/1.1\r\n${HOST}\r\n`.repeat(2) + get('/text'),
    is: [ok('hello'), ok('hello'), ok('hello')],
  },
]);

const HOPS = 'nginx knows some names only; whatever Connection names is for the next alone (RFC 9110, 7.6.1)';
answers('what is between neighbours does not pass', on, [
  {
    name: 'headers that Connection names',
    send: get('/hop'),
    is: ok('hop', { 'x-hop': null, 'x-through': 'for all' }),
    direct: { headers: { 'x-hop': /next/ } },
    changes: 'X-Hop was for us',
    nginx: { headers: { 'x-hop': /next/ } },
    differs: HOPS,
  },
]);

describe('misfortunes of the app', { concurrency: 4 }, () => {
  const unfortunate = (name, target, check) => {
    for (const who of ['offing', 'nginx']) {
      test(`${who}: ${name}`, async () => {
        await check(await request(on[who].port, 'GET', target, { timeout: 10_000, quiet: 0 }), who);
      });
    }
  };
  unfortunate('no answer at all is 502', '/cut/before', ({ status }) => assert.equal(status, 502));
  unfortunate('silence is 504', '/silent', ({ status }) => assert.equal(status, 504));
  unfortunate('nonsense is 502 (nginx takes it for HTTP/0.9 and passes it on)', '/nonsense', ({ status }, who) =>
    assert.equal(status, who === 'offing' ? 502 : undefined),
  );
  unfortunate('a body that is cut is cut for the client', '/cut/within', ({ status, headers, body, cut }) =>
    assert.deepEqual([status, headers['content-length'], body, cut], [200, '100', 'half', true]),
  );
  unfortunate('chunks that are cut have no last chunk', '/cut/chunks', ({ status, body, cut }) =>
    assert.deepEqual([status, body, cut], [200, 'half', true]),
  );
  test('offing: 502 and 504 say which origin, in words', async () => {
    for (const target of ['/nonsense', '/silent']) {
      const { text } = await request(on.offing.port, 'GET', target, { timeout: 10_000, quiet: 0 });
      assert.ok(text.includes(on.direct.origin), text);
    }
  });
});

const echo = (name, send, sees, more) => ({ name, send, sees, ...more });
const NEIGHBOURS = 'nginx passes on what is for the next alone (RFC 9110, 7.6.1)';
requests('requests pass', on, [
  echo('with their target as it was sent', get('/echo/a%2Fb/%20//c;d?x=%0a&y=ä'.replace('ä', '%C3%A4')), {
    method: 'GET',
    url: '/echo/a%2Fb/%20//c;d?x=%0a&y=%C3%A4',
  }),
  echo('with the host that the client asked', get('/echo', { Host: 'app.example:81' }), {
    headers: { host: 'app.example:81' },
  }),
  echo(
    'with headers of their own, twice if twice',
    get('/echo', { 'X-Own': 'a\r\nX-Own: b', Cookie: 'a=1; b=2', Authorization: 'Basic eDp5' }),
    { headers: { 'x-own': ['a', 'b'], cookie: 'a=1; b=2', authorization: 'Basic eDp5' } },
  ),
  echo(
    'with what the client accepts',
    get('/echo', { 'Accept-Encoding': 'br;q=0.5, gzip', Accept: 'a/b', 'Accept-Language': 'de' }),
    { headers: { 'accept-encoding': 'br;q=0.5, gzip', accept: 'a/b', 'accept-language': 'de' } },
  ),
  echo('with conditions and ranges', get('/echo', { 'If-None-Match': '"x"', Range: 'bytes=0-1' }), {
    headers: { 'if-none-match': '"x"', range: 'bytes=0-1' },
  }),
  ...['PUT', 'PATCH', 'DELETE', 'POST'].map((method) =>
    echo(`${method} with a body`, ask(method, '/echo', {}, 'body'), {
      method,
      length: 4,
      sha: sha('body'),
      headers: { 'content-length': '4', 'transfer-encoding': null },
    }),
  ),
  echo('POST without a body', ask('POST', '/echo', { 'Content-Length': '0' }), { method: 'POST', length: 0 }),
  echo('OPTIONS', ask('OPTIONS', '/echo'), { method: 'OPTIONS' }),
  echo(
    'a body in chunks',
    `POST /echo HTTP/1.1\r\n${HOST}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`,
    { method: 'POST', length: 5, sha: sha('abcde'), headers: { 'content-length': '5' } },
  ),
  echo(
    'a body in chunks that come one by one',
    [
      `POST /echo HTTP/1.1\r\n${HOST}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
      '2\r\nde\r\n0\r\n\r\n',
    ],
    {
      method: 'POST',
      length: 5,
      sha: sha('abcde'),
      headers: { 'content-length': null, 'transfer-encoding': 'chunked' },
    },
    {
      pause: 200,
      nginx: { headers: { 'content-length': '5', 'transfer-encoding': null } },
      differs: 'nginx reads the whole body first and says its length; ours passes on what has come',
    },
  ),
  echo(
    'a body that waits for 100',
    [`POST /echo HTTP/1.1\r\n${HOST}Connection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`, 'abc'],
    { length: 3, sha: sha('abc'), headers: { expect: '100-continue' } },
    { pause: 200, nginx: { headers: { expect: null } }, differs: 'whether it wants the body is for the app to say' },
  ),
  echo('HTTP/1.0', `GET /echo HTTP/1.0\r\n${HOST}\r\n`, { version: '1.1' }, { quiet: 1_000 }),
  echo('a body of 3 MB', ask('POST', '/echo', {}, 'x'.repeat(3_000_000)), {
    length: 3_000_000,
    sha: sha('x'.repeat(3_000_000)),
  }),
]);

requests('and say who asked', on, [
  echo('for whom, by which way, for which host', get('/echo', { Host: 'app.example' }), {
    headers: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'app.example' },
  }),
]);

requests('what is between neighbours does not pass', on, [
  echo(
    'headers that Connection names',
    get('/echo', { Connection: 'close, X-Secret', 'X-Secret': 'y' }),
    { headers: { 'x-secret': null } },
    { nginx: { headers: { 'x-secret': 'y' } }, differs: NEIGHBOURS },
  ),
  echo(
    'TE, Trailer, Keep-Alive, Proxy-Connection',
    get('/echo', { TE: 'trailers', 'Keep-Alive': '5', 'Proxy-Connection': 'close' }),
    { headers: { te: null, 'keep-alive': null, 'proxy-connection': null } },
    { nginx: { headers: { 'proxy-connection': 'close' } }, differs: NEIGHBOURS },
  ),
]);

// From a peer that is trusted, as one on this machine is, what it says is kept. (This nginx is told to say only what it sees.)
requests('and what a trusted proxy before us says is added to', on, [
  echo(
    'X-Forwarded-*',
    get('/echo', { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'shop.example' }),
    {
      headers: {
        'x-forwarded-for': '192.0.2.7, 127.0.0.1',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'shop.example',
      },
    },
    {
      nginx: {
        headers: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'localhost' },
      },
    },
  ),
]);

const INNER = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
const SMUGGLED = {
  'Content-Length before Transfer-Encoding': `Content-Length: ${INNER.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`,
  'Transfer-Encoding before Content-Length': `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${INNER}`,
  'two lengths': `Content-Length: 0\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
  'a coding in disguise': `Transfer-Encoding: xchunked\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
  'a coding behind a tab': `Transfer-Encoding:\tchunked\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
  'a coding in a folded line': `X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
  'a coding with a space before its colon': `Transfer-Encoding : chunked\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
  'a coding twice': `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${INNER}`,
  'a bare LF before a header': `X: y\nTransfer-Encoding: chunked\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
  'a NUL in a name': `Transfer-Encoding\0: chunked\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
  'a chunk longer than it says': `Transfer-Encoding: chunked\r\n\r\n1\r\nx${INNER}0\r\n\r\n`,
  'a chunk extension with a line end': `Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n0\r\n\r\n`,
  'Connection that names Content-Length': `Connection: Content-Length\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
  'Connection that names Transfer-Encoding': `Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n`,
  'an upgrade that is none': `Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
};
describe('no request in another: the app never sees /smuggled', () => {
  for (const [what, rest] of Object.entries(SMUGGLED)) {
    for (const who of ['offing', 'nginx']) {
      test(`${who}: ${what}`, async () => {
        const { text } = await exchange(on[who].port, `POST /echo HTTP/1.1\r\n${HOST}${rest}`);
        const next = await request(on[who].port, 'GET', '/text');
        assert.equal(next.body, 'hello', `the next client got ${next.text.slice(0, 200)}`);
        const count = await (await fetch(`${on.direct.origin}/smuggled/count`)).text();
        assert.ok(count === '0', `${count} reached the app: ${text.slice(0, 300)}`);
      });
    }
  }
});

describe('what takes time', () => {
  for (const who of ['offing', 'nginx']) {
    test(`${who}: an event arrives before the next is sent`, { timeout: 10_000 }, async () => {
      const response = await fetch(`${on[who].origin}/events`);
      assert.match(response.headers.get('content-type'), /^text\/event-stream/);
      let text = '';
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        if (!text) await fetch(`${on.direct.origin}/events/arrived`, { method: 'POST' });
        text += chunk;
      }
      assert.equal(text, 'data: first\n\ndata: second\n\n');
    });

    test(`${who}: a WebSocket passes, with its protocol, text and bytes`, { timeout: 10_000 }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${on[who].port}/socket?a=b`, ['chat', 'other'], {
        headers: { Host: 'app.example' },
      });
      const messages = [];
      let wake = () => {};
      socket.on('message', (data, binary) => wake(messages.push([binary, data.toString('latin1')])));
      const count = async (n) => {
        while (messages.length < n) await new Promise((resolve) => (wake = resolve));
      };
      await count(1);
      assert.deepEqual(JSON.parse(messages[0][1]), { url: '/socket?a=b', protocol: 'chat', host: 'app.example' });
      assert.equal(socket.protocol, 'chat');
      socket.send('text');
      socket.send(Buffer.alloc(100_000, 7));
      await count(3);
      assert.deepEqual(messages.slice(1), [
        [false, 'text'],
        [true, '\x07'.repeat(100_000)],
      ]);
      const closed = new Promise((resolve) => socket.on('close', resolve));
      socket.close(4001, 'enough');
      assert.equal(await closed, 4001);
    });

    test(`${who}: 200 requests over a few connections`, { timeout: 20_000 }, async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
      const one = (at) =>
        new Promise((resolve, reject) => {
          const request = http.request(
            { port: on[who].port, agent, method: 'POST', path: `/echo/${at}` },
            async (response) => {
              const parts = [];
              for await (const part of response) parts.push(part);
              resolve(JSON.parse(Buffer.concat(parts)));
            },
          );
          request.on('error', reject).end(`body ${at}`);
        });
      const seen = await Promise.all(Array.from({ length: 200 }, (_, at) => one(at)));
      seen.forEach(({ url, sha: got }, at) => assert.deepEqual([url, got], [`/echo/${at}`, sha(`body ${at}`)]));
      agent.destroy();
    });
  }
});
