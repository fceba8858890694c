// The site over HTTP, with requests that no browser sends.
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { tempFolder } from '../lib/ending.mjs';
import { exchange, parseResponses, request } from '../lib/raw-http.mjs';
import { Server } from '../lib/server.mjs';
import { makeSite, serverForFile } from './fixture.mjs';

const TEXT = '0123456789abcdefghij';
const on = serverForFile({
  prepare: plantSecrets,
  files: {
    'index.html': '<!doctype html><title>home</title>',
    'docs/index.html': '<!doctype html><title>docs</title>',
    'text.txt': TEXT,
    'app.js': 'export {};\n',
    'style.css': 'a{}',
    'data.json': '{}',
    'a b.txt': 'space',
    'ünï.txt': 'umlaut',
    'empty.txt': '',
    'image.png': Buffer.from([0x89, 0x50]),
    'module.wasm': Buffer.from([0, 0x61, 0x73, 0x6d]),
    'site.webmanifest': '{}',
  },
});
const SECRET = 'must never be served';
const get = (target, headers, options) => request(on.port, 'GET', target, { headers, ...options });

describe('files', () => {
  const types = {
    '/': 'text/html',
    '/docs/': 'text/html',
    '/text.txt': 'text/plain',
    '/app.js': 'text/javascript',
    '/style.css': 'text/css',
    '/data.json': 'application/json',
    '/image.png': 'image/png',
    '/module.wasm': 'application/wasm',
    '/site.webmanifest': 'application/manifest+json',
  };
  for (const [target, type] of Object.entries(types)) {
    test(`${target} is ${type}`, async () => {
      const { status, headers } = await get(target);
      assert.equal(status, 200);
      assert.equal(headers['content-type'].split(';')[0], type);
      if (type.startsWith('text/')) assert.match(headers['content-type'], /charset=utf-8/i);
      assert.match(headers.etag, /^"[0-9a-f]{32}"$/);
    });
  }

  test('percent-encoded names are found', async () => {
    assert.equal((await get('/a%20b.txt')).body, 'space');
    assert.equal((await get('/%C3%BCn%C3%AF.txt')).body, 'umlaut');
    assert.equal((await get('/text%2Etxt?query=1')).body, TEXT);
  });

  test('an empty file is an empty answer', async () => {
    const { status, headers, body } = await get('/empty.txt');
    assert.deepEqual([status, headers['content-length'], body], [200, '0', '']);
  });

  test('a folder without its slash is sent to the slash', async () => {
    const { status, headers } = await get('/docs');
    assert.ok([301, 302, 307, 308].includes(status), String(status));
    assert.equal(headers.location, '/docs/');
  });

  test('a folder named //host is not an open redirect', async () => {
    const { headers } = await get('//docs');
    assert.ok(!headers?.location?.startsWith('//'), headers?.location);
  });

  test('HEAD has the headers of GET and no body, and the next request on the connection is understood', async () => {
    const host = 'Host: localhost\r\n';
    const text = `HEAD /text.txt HTTP/1.1\r\n${host}\r\nGET /text.txt HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;
    const [head, full] = parseResponses((await exchange(on.port, text)).text, { heads: 1 });
    for (const name of ['content-type', 'content-length', 'etag']) assert.equal(head.headers[name], full.headers[name]);
    assert.equal(head.headers['content-length'], String(TEXT.length));
    assert.equal(full.body, TEXT);
  });

  test('If-None-Match: 304 for the same, weakly or in a list or *, 200 for others', async () => {
    const { etag } = (await get('/text.txt')).headers;
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const { status, body, headers } = await get('/text.txt', { 'If-None-Match': value });
      assert.deepEqual([status, body], [304, ''], value);
      assert.equal(headers.etag, etag);
    }
    for (const value of ['"other"', etag.replaceAll('"', '')]) {
      assert.equal((await get('/text.txt', { 'If-None-Match': value })).status, 200, value);
    }
  });

  test('a changed file has another ETag', async () => {
    const file = path.join(on.server.site, 'changing.txt');
    writeFileSync(file, 'one');
    const one = await get('/changing.txt');
    writeFileSync(file, 'two');
    const two = await get('/changing.txt', { 'If-None-Match': one.headers.etag });
    assert.equal(two.status, 200);
    assert.equal(two.body, 'two');
    assert.notEqual(two.headers.etag, one.headers.etag);
  });

  test('a missing file is 404, and never a page where a script was asked for', async () => {
    for (const target of [
      '/missing.js',
      '/missing.css',
      '/missing.mjs',
      '/docs/missing.js',
      '/missing.json',
      '/_offing/no.js',
    ]) {
      const { status, headers } = await get(target, { Accept: '*/*' });
      assert.equal(status, 404, target);
      assert.doesNotMatch(headers['content-type'] ?? '', /html/, target);
    }
    assert.equal((await get('/missing', { Accept: 'text/html' })).status, 404);
  });

  test('methods that a file does not have: 405 with Allow', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers } = await request(on.port, method, '/text.txt', { body: 'x' });
      assert.equal(status, 405, method);
      assert.match(headers.allow, /GET/);
      assert.match(headers.allow, /HEAD/);
    }
  });
});

describe('ranges', () => {
  const ranges = [
    ['bytes=0-4', 206, '01234', 'bytes 0-4/20'],
    ['bytes=5-', 206, TEXT.slice(5), 'bytes 5-19/20'],
    ['bytes=-3', 206, 'hij', 'bytes 17-19/20'],
    ['bytes=-99', 206, TEXT, 'bytes 0-19/20'],
    ['bytes=18-99', 206, 'ij', 'bytes 18-19/20'],
    ['bytes=20-', 416, undefined, 'bytes */20'],
    ['bytes=-0', 416, undefined, 'bytes */20'],
    ['bytes=4-2', 200, TEXT],
    ['bytes=x-', 200, TEXT],
    ['lines=1-2', 200, TEXT],
    ['bytes=0-14,3-19', 200, TEXT],
    ['bytes=99999999999999999999-', 416, undefined, 'bytes */20'],
  ];
  for (const [range, status, body, contentRange] of ranges) {
    test(`${range}: ${status}`, async () => {
      const answer = await get('/text.txt', { Range: range });
      assert.equal(answer.status, status);
      if (body !== undefined) assert.equal(answer.body, body);
      assert.equal(answer.headers['content-range'], contentRange);
    });
  }

  test('If-Range with another ETag: the whole file', async () => {
    const { etag } = (await get('/text.txt')).headers;
    assert.equal((await get('/text.txt', { Range: 'bytes=0-4', 'If-Range': etag })).status, 206);
    const changed = await get('/text.txt', { Range: 'bytes=0-4', 'If-Range': '"other"' });
    assert.deepEqual([changed.status, changed.body], [200, TEXT]);
  });
});

describe('no path leaves the folder', () => {
  const escapes = () => {
    const name = `${path.basename(on.server.site)}-secret.txt`;
    const ups = [
      '..',
      '%2e%2e',
      '%2E.',
      '.%2e',
      '..%2f..',
      '..\\',
      '..%5c',
      '..;',
      '%252e%252e',
      '..%00',
      '%c0%ae%c0%ae',
    ];
    const targets = ups.flatMap((up) => [`/${up}/${name}`, `/docs/${up}/${up}/${name}`, `/${up}%2f${name}`]);
    targets.push(`/docs/../../${name}`, `//${name}`, `/./../${name}`, `http://localhost/../${name}`, `/../${name}?x`);
    targets.push('/etc/passwd', '//etc/passwd', '/..//..//..//..//etc/passwd', `/text.txt/../../${name}`);
    targets.push('/link.txt', '/linked/secret.txt', '/linked/', `/..%2f${name}`, `/%2e%2e%2f${name}`);
    return targets;
  };
  test('neither by dots, encoded or doubled slashes, nor by links', async () => {
    for (const target of escapes()) {
      const { status, text } = await get(target);
      assert.ok([400, 403, 404, 301, 308].includes(status), `${target}: ${status}`);
      assert.ok(!text.includes(SECRET) && !text.includes('root:'), target);
    }
  });

  test('nor by NUL: it ends no name', async () => {
    for (const target of ['/text.txt%00', '/text.txt%00.html', '/%00text.txt']) {
      const { status, body } = await get(target);
      assert.ok([400, 404].includes(status), `${target}: ${status}`);
      assert.notEqual(body, TEXT);
    }
  });

  test('a broken percent sequence: 400 or 404', async () => {
    for (const target of ['/%', '/%2', '/%zz', '/text.txt%'])
      assert.ok([400, 404].includes((await get(target)).status), target);
  });
});

describe('what the server makes itself', () => {
  for (const [target, type] of [
    ['/sw.js', /^text\/javascript; charset=utf-8$/i],
    ['/_offing/client.js', /^text\/javascript; charset=utf-8$/i],
    ['/_offing/worker.js', /^text\/javascript; charset=utf-8$/i],
    ['/_offing/manifest.json', /^application\/json/],
  ]) {
    test(`${target}: no-cache, its type, a strong ETag and 304`, async () => {
      const { status, headers } = await get(target);
      assert.equal(status, 200);
      assert.match(headers['content-type'], type);
      assert.equal(headers['cache-control'], 'no-cache');
      assert.match(headers.etag, /^"[^"]+"$/);
      const again = await get(target, { 'If-None-Match': headers.etag });
      assert.equal(again.status, 304);
    });
  }

  test('the manifest lists every file that may be served, by content, and pages by their folder', async () => {
    const { text } = await get('/_offing/manifest.json');
    const manifest = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
    const listed = new Map(manifest.precache ?? manifest);
    assert.ok(listed.has('/') && listed.has('/docs/') && listed.has('/app.js'), [...listed.keys()].join(' '));
    assert.ok(!listed.has('/link.txt') && !listed.has('/linked/secret.txt') && !listed.has('/index.html'));
    for (const [url, revision] of listed) {
      const { status, headers } = await get(url);
      assert.equal(status, 200, url);
      if (!url.startsWith('/_offing/')) assert.equal(headers.etag, `"${revision}"`, url);
    }
  });

  test('a worker of the folder wins, with the headers of a worker', async () => {
    const server = await Server.start({ site: makeSite({ 'sw.js': '// mine', 'index.html': 'x' }) });
    const { body, headers } = await request(server.port, 'GET', '/sw.js');
    assert.equal(body, '// mine');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.match(headers['content-type'], /^text\/javascript/);
    await server.kill();
  });

  test('health and metrics answer', async () => {
    assert.equal((await get('/_offing/health')).status, 200);
    const metrics = await get('/_offing/metrics');
    assert.equal(metrics.status, 200);
    assert.match(metrics.text, /^offing_\w+/m);
  });
});

// Files that stand outside the folder, and links that lead to them.
function plantSecrets({ site }) {
  const outside = tempFolder('outside');
  writeFileSync(path.join(outside, 'secret.txt'), SECRET);
  writeFileSync(path.join(path.dirname(site), `${path.basename(site)}-secret.txt`), SECRET);
  symlinkSync(path.join(outside, 'secret.txt'), path.join(site, 'link.txt'));
  symlinkSync(outside, path.join(site, 'linked'));
  symlinkSync('text.txt', path.join(site, 'inner.txt'));
}
