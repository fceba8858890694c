// The site at full strength: parts of files, compressed forms, what browsers may keep, the page of an app, what the worker is told.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { tempFolder } from '../lib/ending.mjs';
import { OFFING, Server } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';
import { makeSite, serverForFile } from './fixture.mjs';

const TEXT = Array.from({ length: 2_000 }, (_, i) => `line ${i * i}`).join('\n');
const LARGE = 2 ** 30;
const CONFIG = `
[site]
spa = "/index.html"
headers = { "X-Frame-Options" = "DENY" }
precache_file = "1MB"
ignore = ["/drafts/*"]

[worker]
update = "auto"
logout = ["/logout"]

[[route]]
match = "/img/*"
destination = ["image"]
strategy = "cache-first"
cache = "images"
age = "30d"

[fallback]
document = "/offline.html"
`;

const on = serverForFile({
  config: CONFIG,
  prepare: (server) => {
    const file = openSync(path.join(server.site, 'large.bin'), 'w');
    for (const at of [0, LARGE / 2, LARGE - 5]) writeSync(file, `at${at}`.slice(0, 5), at);
    closeSync(file);
    truncateSync(path.join(server.site, 'large.bin'), LARGE);
  },
  files: {
    'index.html': '<!doctype html><title>app</title>',
    'offline.html': '<!doctype html><title>offline</title>',
    'app.js': TEXT,
    'app.3f2a9c1d.js': 'export {};',
    'assets/index-BhJ3k9x1.css': 'a{}',
    'chapter-12345678.txt': 'not a hash',
    'page-BhJ3k9x1.html': '<p>',
    'pre.js': TEXT,
    'pre.js.br': brotliCompressSync(TEXT),
    'pre.js.gz': gzipSync(TEXT),
    'data.bin': '0123456789',
    'photo.jpg': TEXT,
    'drafts/one.html': '<p>draft',
  },
});

// {status, headers, body: Buffer}, the bytes as they came.
function ask(target, headers = {}, { method = 'GET', port = on.port } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port, host: '127.0.0.1', path: target, method, headers, agent: false },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    request.on('error', reject).end();
  });
}
const compressed = (target, coding) =>
  until(`${target} comes in ${coding}`, async () => {
    const answer = await ask(target, { 'Accept-Encoding': coding });
    return answer.headers['content-encoding'] === coding && answer;
  });
const page = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('ranges', () => {
  test('several ranges are the parts of one body, in their order', async () => {
    const { status, headers, body } = await ask('/data.bin', { Range: 'bytes=-2,0-1' });
    assert.equal(status, 206);
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(headers['content-type'])[1];
    const parts = body.toString().split(`--${boundary}`);
    assert.match(parts[1], /\r\nContent-Range: bytes 8-9\/10\r\n\r\n89\r\n$/);
    assert.match(parts[2], /\r\nContent-Range: bytes 0-1\/10\r\n\r\n01\r\n$/);
    assert.equal(parts[3], '--\r\n');
    assert.equal(Number(headers['content-length']), body.length);
  });

  for (const [name, range] of [
    ['17 ranges', `bytes=0-0${',0-0'.repeat(16)}`],
    ['more bytes than there are', 'bytes=0-,0-,0-'],
  ]) {
    test(`${name} are answered with the whole`, async () => {
      const { status, body } = await ask('/data.bin', { Range: range });
      assert.equal(status, 200);
      assert.equal(body.toString(), '0123456789');
    });
  }

  test('preconditions come first', async () => {
    const { etag, 'last-modified': date } = (await ask('/data.bin')).headers;
    const status = async (headers) => (await ask('/data.bin', headers)).status;
    assert.equal(await status({ Range: 'bytes=0-0,2-2', 'If-Range': etag }), 206);
    assert.equal(await status({ Range: 'bytes=0-0', 'If-Range': date }), 206);
    assert.equal(await status({ Range: 'bytes=0-0', 'If-Range': `W/${etag}` }), 200);
    assert.equal(await status({ 'If-Match': '"other"' }), 412);
    assert.equal(await status({ 'If-Unmodified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' }), 412);
    assert.equal(await status({ Range: 'bytes=10-', 'If-None-Match': etag }), 304);
  });

  test('HEAD knows no ranges', async () => {
    const { status, headers } = await ask('/data.bin', { Range: 'bytes=0-0,2-2' }, { method: 'HEAD' });
    assert.equal(status, 200);
    assert.equal(headers['content-length'], '10');
  });
});

describe('large files', () => {
  const rss = () =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${on.server.child.pid}/status`, 'utf8'))[1]) / 1024;

  test('a gigabyte is sent with flat memory, whole and in parts', async () => {
    const before = rss();
    const received = await new Promise((resolve, reject) => {
      http.get({ port: on.port, host: '127.0.0.1', path: '/large.bin', agent: false }, (response) => {
        assert.equal(Number(response.headers['content-length']), LARGE);
        let bytes = 0;
        response.on('data', (chunk) => (bytes += chunk.length));
        response.on('end', () => resolve(bytes)).on('error', reject);
      });
    });
    assert.equal(received, LARGE);
    const half = LARGE / 2;
    const { status, body } = await ask('/large.bin', { Range: `bytes=${half}-${half + 4},${LARGE - 5}-,0-${2 ** 24}` });
    assert.equal(status, 206);
    assert.ok(body.includes(`at${half}`.slice(0, 5)) && body.length > 2 ** 24);
    assert.ok(rss() - before < 24, `${rss() - before} MiB more than before`);
  });
});

describe('compressed forms', () => {
  for (const [coding, decode] of Object.entries({ br: brotliDecompressSync, gzip: gunzipSync })) {
    test(`${coding} is made once and kept, with an ETag of its own`, async () => {
      const plain = await ask('/app.js');
      assert.equal(plain.headers.vary, 'Accept-Encoding');
      const { headers, body } = await compressed('/app.js', coding);
      assert.equal(decode(body).toString(), TEXT);
      assert.equal(headers.etag, plain.headers.etag.replace(/"$/, `-${coding}"`));
      assert.equal(headers.vary, 'Accept-Encoding');
      const again = await ask('/app.js', { 'Accept-Encoding': coding, 'If-None-Match': headers.etag });
      assert.equal(again.status, 304);
      const head = await ask('/app.js', { 'Accept-Encoding': coding }, { method: 'HEAD' });
      assert.equal(head.headers['content-length'], String(body.length));
    });

    test(`a file in ${coding} beside the file is sent at once`, async () => {
      const { headers, body } = await ask('/pre.js', { 'Accept-Encoding': coding });
      assert.equal(headers['content-encoding'], coding);
      assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
      assert.equal(decode(body).toString(), TEXT);
    });
  }

  test('weights are honoured', async () => {
    const coding = async (accept) => (await ask('/pre.js', { 'Accept-Encoding': accept })).headers['content-encoding'];
    assert.equal(await coding('gzip, deflate, br, zstd'), 'br');
    assert.equal(await coding('br;q=0.5, gzip'), 'gzip');
    assert.equal(await coding('br;q=0, gzip;q=0'), undefined);
    assert.equal(await coding('*;q=0.2, br;q=0'), 'gzip');
    assert.equal(await coding('identity, br;q=0.5'), undefined);
  });

  test('an older file beside the file is not sent', async () => {
    const name = path.join(on.server.site, 'late.js');
    writeFileSync(name, TEXT);
    writeFileSync(`${name}.br`, 'old');
    utimesSync(`${name}.br`, 1, 1);
    assert.notEqual((await ask('/late.js', { 'Accept-Encoding': 'br' })).body.toString(), 'old');
    assert.equal(brotliDecompressSync((await compressed('/late.js', 'br')).body).toString(), TEXT);
    rmSync(`${name}.br`);
  });

  test('ranges are of the plain form', async () => {
    await compressed('/app.js', 'br');
    const { status, headers, body } = await ask('/app.js', { 'Accept-Encoding': 'br', Range: 'bytes=0-3' });
    assert.equal(status, 206);
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(body.toString(), 'line');
  });

  test('pictures are left alone', async () => {
    await compressed('/app.js', 'br');
    const { headers } = await ask('/photo.jpg', { 'Accept-Encoding': 'br' });
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(headers.vary, undefined);
  });

  test('composed files are compressed too', async () => {
    for (const target of ['/sw.js', '/_offing/client.js', '/_offing/worker.js']) {
      const { headers, body } = await compressed(target, 'br');
      assert.equal(brotliDecompressSync(body).toString(), (await ask(target)).body.toString());
      assert.equal(headers['cache-control'], 'no-cache');
    }
  });
});

describe('what browsers may keep', () => {
  const FOR_EVER = 'public, max-age=31536000, immutable';
  for (const [target, expected] of Object.entries({
    '/app.3f2a9c1d.js': FOR_EVER,
    '/assets/index-BhJ3k9x1.css': FOR_EVER,
    '/app.js': 'no-cache',
    '/chapter-12345678.txt': 'no-cache',
    '/page-BhJ3k9x1.html': 'no-cache',
    '/': 'no-cache',
    '/sw.js': 'no-cache',
  })) {
    test(`${target}: ${expected}`, async () => {
      assert.equal((await ask(target)).headers['cache-control'], expected);
    });
  }

  test('a hashed name whose content changes is not kept, and the log says so', async () => {
    const name = path.join(on.server.site, 'lib.0a1b2c3d.js');
    writeFileSync(name, 'one');
    assert.equal((await ask('/lib.0a1b2c3d.js')).headers['cache-control'], FOR_EVER);
    writeFileSync(name, 'another');
    assert.equal((await ask('/lib.0a1b2c3d.js')).headers['cache-control'], 'no-cache');
    await on.server.prints(/lib\.0a1b2c3d\.js looks like a name with a content hash/);
  });
});

describe('the page of an app', () => {
  test('answers navigations to unknown paths', async () => {
    const { status, headers, body } = await ask('/users/7?tab=2', page);
    assert.equal(status, 200);
    assert.match(body.toString(), /<title>app/);
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal(headers.etag, (await ask('/')).headers.etag);
  });

  for (const [target, headers] of [
    ['/users/7', { Accept: '*/*' }],
    ['/users/7', { Accept: 'application/json' }],
    ['/lost.js', page],
    ['/lost.html', page],
    ['/_offing/lost', page],
    ['/.env', page],
  ]) {
    test(`${target} with Accept: ${headers.Accept} is not found`, async () => {
      assert.equal((await ask(target, headers)).status, 404);
    });
  }
});

describe('every answer', () => {
  for (const target of ['/', '/lost.js', '/sw.js', '/_offing/manifest.json', '/_offing/lost']) {
    test(`${target} has the configured headers`, async () => {
      assert.equal((await ask(target)).headers['x-frame-options'], 'DENY');
    });
  }
});

describe('what the worker is told', () => {
  const config = async () => {
    const text = (await ask('/sw.js')).body.toString();
    return JSON.parse(text.slice('self.__OFFING = '.length, text.indexOf(';\n')));
  };

  test('routes, fallbacks and the rest stand in CONFIG', async () => {
    const { routes, fallback, spa, update, preload, logout, parts } = await config();
    assert.deepEqual(routes, [
      { match: '/img/*', destination: ['image'], strategy: 'cache-first', cache: 'images', age: 2_592_000_000 },
    ]);
    assert.deepEqual(fallback, { document: '/offline.html' });
    assert.deepEqual(
      { spa, update, preload, logout, parts },
      {
        spa: '/',
        update: 'auto',
        preload: true,
        logout: ['/logout'],
        parts: ['routes'],
      },
    );
  });

  test('the part for routes stands in front of the core', async () => {
    const text = (await ask('/sw.js')).body.toString();
    assert.match(text, /__OFFING_PARTS/);
  });

  test('the list has the fallback, and neither what is ignored nor what is too large nor compressed forms', async () => {
    const urls = (await config()).precache.map(([url]) => url);
    for (const url of ['/', '/offline.html', '/pre.js']) assert.ok(urls.includes(url), url);
    for (const url of ['/drafts/one.html', '/large.bin', '/pre.js.br', '/pre.js.gz'])
      assert.ok(!urls.includes(url), url);
    await on.server.prints(/large\.bin is not kept for offline use: .*\[site\] precache_file/);
  });
});

describe('start-up', () => {
  const refused = (config, files = { 'index.html': '<p>' }) => {
    const file = path.join(tempFolder('config'), 'offing.toml');
    writeFileSync(file, config);
    const args = ['serve', makeSite(files), '--listen', '127.0.0.1:0', '--data', tempFolder('data'), '--config', file];
    const { status, stderr } = spawnSync(OFFING, args, { encoding: 'utf8', timeout: 20_000 });
    assert.notEqual(status, 0);
    return stderr;
  };
  for (const [config, said] of [
    ['[[route]]\nmatch = "/a"\nstrategy = "x"', /offing\.toml:3: \[\[route\]\] strategy: "x": one of "cache-first"/],
    [
      '[[route]]\nmatch = "/a"\nstrategy = "cache-only"\ntimeout = "3s"',
      /timeout: means nothing with strategy "cache-only"/,
    ],
    ['[fallback]\ndocument = "/none.html"', /\[fallback\] document = "\/none\.html": there is no such file/],
    ['[site]\nspa = "/none.html"', /\[site\] spa = "\/none\.html": must be an HTML page/],
    ['[site]\nheaders = { "Content-Length" = "1" }', /"Content-Length": is written by the server/],
    ['[site]\nheaders = { "X-A" = "a\\r\\nb" }', /line break/],
  ]) {
    test(`${config.replaceAll('\n', ' ')} is refused in words`, () => assert.match(refused(config), said));
  }
});

test('a changed file makes another manifest soon, without anybody who asks for the worker', async () => {
  const site = makeSite({ 'index.html': '<p>one' });
  const server = await Server.start({ site });
  try {
    // The control record only says what the last look at the folder has found.
    const manifest = async () => JSON.parse((await ask('/_offing/control', {}, { port: server.port })).body).manifest;
    const before = await manifest();
    writeFileSync(path.join(site, 'new.js'), 'export {};');
    await until('another manifest', async () => (await manifest()) !== before, { timeout: 15_000 });
  } finally {
    await server.kill();
  }
});
