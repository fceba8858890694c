// Content codings (RFC 9110, 12.5.3): who gets which form, and what caches are told.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { until } from '../lib/until.mjs';
import { ask, bothServers, get, table, talk } from './table.mjs';
import { LONG, PRECOMPRESSED } from './site.mjs';

const on = bothServers();
const FILES = { txt: LONG, html: undefined, css: undefined, js: undefined, json: undefined, svg: undefined };

// Ours answers plain until it has made a form, so the cases begin when all are made.
before(async () => {
  for (const extension of Object.keys(FILES)) {
    for (const coding of ['gzip', 'br']) {
      const send = get(`/long.${extension}`, { 'Accept-Encoding': coding });
      const made = async () => (await talk(on.offing, send)).answers[0].headers['content-encoding'] === coding;
      await until(`there is long.${extension} in ${coding}`, made, { every: 20 });
    }
  }
  for (const server of [on.offing, on.nginx]) {
    const [{ headers }] = (await talk(server, get('/long.txt', { 'Accept-Encoding': 'gzip' }))).answers;
    server.facts.gzipped = headers.etag;
    server.facts.plain = (await talk(server, get('/long.txt'))).answers[0].headers.etag;
  }
});

const VARIES = /^accept-encoding$/i;
const inForm = (coding, body = LONG) => ({ status: 200, headers: { 'content-encoding': coding, vary: VARIES }, body });
const plain = inForm(null);
const NO_BROTLI = "Debian's nginx has no Brotli";
const br = { is: inForm('br'), nginx: plain, differs: NO_BROTLI };
const accept = (value, { is, ...more }) => ({
  name: value === null ? 'no Accept-Encoding' : `Accept-Encoding: ${value.replace('\r\n', ' and ')}`,
  send: get('/long.txt', { 'Accept-Encoding': value }),
  is,
  ...more,
});
const gzip = { is: inForm('gzip') };

table('what is accepted', on, [
  accept(null, { is: plain }),
  accept('', { is: plain }),
  accept('identity', { is: plain }),
  accept('deflate', { is: plain }),
  accept('zstd, compress', { is: plain }),
  accept('gzip', gzip),
  accept('GZip', gzip),
  accept('gzip, deflate', gzip),
  accept('deflate, gzip', gzip),
  accept(',, gzip ,', gzip),
  accept('gzip;q=1.0', gzip),
  accept('gzip; q=0.5', gzip),
  accept('gzip ; q=0.5', gzip),
  accept('gzip;q=0.001', gzip),
  accept('gzip;q=0', { is: plain }),
  accept('gzip;q=0.000', { is: plain }),
  accept('gzip;q=2', { is: plain }),
  accept('gzip;q=x', { is: plain }),
  accept('identity;q=0, gzip', gzip),
  accept('br;q=0, gzip', gzip),
  accept('gzip\r\nAccept-Encoding: br;q=0', gzip),
  accept('x-gzip', { ...gzip, nginx: plain, differs: 'x-gzip is gzip (RFC 9110, 8.4.1.3)' }),
  accept('br', br),
  accept('gzip, deflate, br', { ...br, nginx: { headers: { 'content-encoding': 'gzip' } } }),
  accept('br;q=0.9, gzip;q=0.9', { ...br, nginx: { headers: { 'content-encoding': 'gzip' } } }),
  accept('br;q=0.5, gzip;q=0.9', gzip),
  accept('*', { ...br, differs: 'any coding will do (RFC 9110, 12.5.3); nginx does not know *' }),
  accept('*;q=0', { is: plain }),
  accept('gzip, *;q=0', gzip),
  accept('gzip;q=0, *', { ...br, differs: NO_BROTLI }),
  accept('identity;q=0', { is: plain }),
  accept('identity, gzip;q=0.5', {
    is: plain,
    nginx: { headers: { 'content-encoding': 'gzip' } },
    differs: 'the client wants the plain form more; nginx only asks whether it takes gzip',
  }),
]);

const typed = (extension, coding, more) => ({
  name: `.${extension} with gzip: ${coding ?? 'plain'}`,
  send: get(`/long.${extension}`, { 'Accept-Encoding': 'gzip' }),
  is: { status: 200, headers: { 'content-encoding': coding, vary: coding ? VARIES : null } },
  ...more,
});
table('which types', on, [
  ...Object.keys(FILES).map((extension) => typed(extension, 'gzip')),
  typed('png', null),
  typed('woff2', null),
  {
    name: 'a short file is not compressed',
    send: get('/text.txt', { 'Accept-Encoding': 'gzip' }),
    is: { status: 200, headers: { 'content-encoding': null } },
  },
  {
    name: 'an empty file is not compressed',
    send: get('/empty.html', { 'Accept-Encoding': 'gzip' }),
    is: { status: 200, headers: { 'content-encoding': null }, body: '' },
  },
  {
    name: 'an error is not compressed',
    send: get('/missing.txt', { 'Accept-Encoding': 'gzip' }),
    is: { status: 404, headers: { 'content-encoding': null } },
  },
]);

test('each form has a tag of its own', () => {
  for (const { facts } of [on.offing, on.nginx]) assert.notEqual(facts.gzipped, facts.plain);
});

const inGzip = (headers) => ({ 'Accept-Encoding': 'gzip', ...headers });
table('forms and caches', on, [
  {
    name: 'If-Match holds for the tag of the plain form too: it is the same content',
    send: ({ plain: tag }) => get('/long.txt', inGzip({ 'If-Match': tag })),
    is: { status: 200, headers: { 'content-encoding': 'gzip' } },
  },
  {
    name: "304 for the compressed form's tag",
    send: ({ gzipped }) => get('/long.txt', inGzip({ 'If-None-Match': gzipped })),
    is: { status: 304, headers: { 'content-encoding': null } },
    offing: { headers: { vary: VARIES } },
  },
  {
    name: "304 for the plain form's tag to whom accepts it still",
    send: ({ plain: tag }) => get('/long.txt', inGzip({ 'If-None-Match': tag })),
    is: { status: 304 },
    offing: { headers: { vary: VARIES } },
  },
  {
    name: 'HEAD says what GET would',
    send: ask('HEAD', '/long.txt', inGzip()),
    is: { status: 200, headers: { 'content-encoding': 'gzip', vary: VARIES, 'content-length': /^\d+$/ } },
    nginx: { headers: { 'content-length': null } },
    differs: 'ours has the form already, and so its length',
  },
  {
    name: 'a range is one of the plain form',
    send: get('/long.txt', inGzip({ Range: 'bytes=4-9' })),
    is: { status: 206, headers: { 'content-encoding': null, vary: VARIES }, body: LONG.slice(4, 10) },
    nginx: { status: 200, headers: { 'content-encoding': 'gzip' }, body: LONG },
    differs: 'nginx compresses and forgets the range',
  },
]);

const PRE_GZ = String(gzipSync(PRECOMPRESSED, { level: 9 }).length);
table('compressed files that stand beside', on, [
  {
    name: 'FILE.gz is what whoever takes gzip gets',
    send: get('/pre.js', { 'Accept-Encoding': 'gzip' }),
    is: {
      ...inForm('gzip', PRECOMPRESSED),
      headers: { 'content-encoding': 'gzip', 'content-length': PRE_GZ, 'content-type': /^text\/javascript/ },
    },
  },
  {
    name: 'FILE.br is what whoever takes br gets',
    send: get('/pre.js', { 'Accept-Encoding': 'br' }),
    ...br,
    is: inForm('br', PRECOMPRESSED),
    nginx: { headers: { 'content-encoding': null } },
  },
  { name: 'FILE is what the others get', send: get('/pre.js'), is: { ...inForm(null, PRECOMPRESSED) } },
  {
    name: 'FILE.gz without FILE is no FILE',
    send: get('/lonely.js', { 'Accept-Encoding': 'gzip' }),
    is: { status: 404 },
    nginx: { status: 200 },
    differs: 'what a client gets must not depend on its codings: a file that some can have all can have',
  },
  {
    name: 'FILE.gz that is older than FILE is not what is sent',
    send: get('/stale.js', { 'Accept-Encoding': 'gzip' }),
    is: { status: 200, headers: { 'content-encoding': null }, body: 'new' },
    nginx: { headers: { 'content-encoding': 'gzip' }, body: 'old' },
    differs: 'a deployment that forgot the compressed file must not serve the old content to some',
  },
  {
    name: 'FILE.gz itself is a file',
    send: get('/pre.js.gz'),
    is: { status: 200, headers: { 'content-encoding': null, 'content-type': 'application/gzip' } },
  },
]);
