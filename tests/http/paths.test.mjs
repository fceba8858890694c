// From a target to a file: types, folders, redirects, escapes, and every way that leads out.
import { ask, bothServers, get, table } from './table.mjs';
import { SECRET, TEXT } from './site.mjs';

const on = bothServers();
const file = { status: 200, body: TEXT };
const missing = { status: 404 };
const at = (target, is, more) => ({
  name: target.length > 60 ? `${target.slice(0, 40)}… (${target.length})` : target,
  send: get(target),
  is,
  ...more,
});
const typed = (target, type) => at(target, { status: 200, headers: { 'content-type': type } });

table('types', on, [
  typed('/', /^text\/html; charset=utf-8$/i),
  typed('/text.txt', /^text\/plain; charset=utf-8$/i),
  typed('/app.js', /^text\/javascript; charset=utf-8$/i),
  typed('/module.mjs', /^text\/javascript; charset=utf-8$/i),
  typed('/style.css', /^text\/css; charset=utf-8$/i),
  typed('/data.json', 'application/json'),
  typed('/site.webmanifest', 'application/manifest+json'),
  typed('/module.wasm', 'application/wasm'),
  typed('/image.png', 'image/png'),
  typed('/long.svg', 'image/svg+xml'),
  typed('/font.woff2', 'font/woff2'),
  typed('/noextension', 'application/octet-stream'),
  typed('/unknown.xyz', 'application/octet-stream'),
  typed('/UPPER.TXT', /^text\/plain; charset=utf-8$/i),
]);

const FOREVER = 'public, max-age=31536000, immutable';
const kept = (target, value) =>
  at(
    target,
    { status: 200 },
    { offing: { headers: { 'cache-control': value } }, nginx: { headers: { 'cache-control': null } } },
  );
table('how long caches may keep a file without asking', on, [
  kept('/assets/index-BhJ3k9x1.js', FOREVER),
  kept('/assets/app.3f2a9c1d.css', FOREVER),
  kept('/assets/index-BhJ3k9x1.js?v=2', FOREVER),
  kept('/app.js', 'no-cache'),
  kept('/', 'no-cache'),
  kept('/image.png', 'no-cache'),
]);

const moved = (location) => ({ status: 301, headers: { location } });
table('folders', on, [
  at('/', { status: 200, body: /home/ }),
  at('/index.html', { status: 200, body: /home/ }),
  at('/docs/', { status: 200, body: /docs/ }),
  at('/docs/index.html', { status: 200, body: /docs/ }),
  at('/docs', moved('/docs/')),
  at('/docs?a=b&c', moved('/docs/?a=b&c')),
  at('/docs?', moved('/docs/'), { nginx: { headers: { location: '/docs/' } } }),
  at('/docs?to=%0d%0aSet-Cookie:%20a=b', moved('/docs/?to=%0d%0aSet-Cookie:%20a=b')),
  at('/spaced%20name', moved('/spaced%20name/')),
  at('/spaced%20name/', { status: 200, body: /spaced/ }),
  at('/linked-docs/', { status: 200, body: /docs/ }),
  at('/linked-docs', moved('/linked-docs/')),
  at('/bare/file.txt', { status: 200 }),
  at('/bare/', missing, {
    nginx: { status: 403 },
    differs: 'a folder without a page is nothing that can be had; 403 would say that it is there',
  }),
  at('/bare', missing, { nginx: moved('/bare/'), differs: 'as above: nginx redirects to its 403' }),
  at('/text.txt/', missing),
  at('/text.txt/more', missing),
]);

const MERGED =
  'nginx takes // for /; to us a/b and a//b are two paths (RFC 3986, 6), so that no rule about a path can be passed by';
const DOTS =
  'clients resolve dot segments before they ask (RFC 3986, 5.2.4): who sends them is no client of ours; nginx resolves them';
const SLASH =
  'an encoded slash is part of a name, and no file has such a name (RFC 3986, 2.2); nginx takes it for a slash';
table('slashes and dots', on, [
  at('//text.txt', missing, { nginx: file, differs: MERGED }),
  at('/docs//deep/page.html', missing, { nginx: { status: 200 }, differs: MERGED }),
  at('//docs', missing, { nginx: moved('/docs/'), differs: MERGED }),
  at('//example.com/..', missing, { nginx: { status: 200 }, differs: DOTS }),
  at('/./text.txt', missing, { nginx: file, differs: DOTS }),
  at('/docs/../text.txt', missing, { nginx: file, differs: DOTS }),
  at('/docs/%2e%2e/text.txt', missing, { nginx: file, differs: DOTS }),
  at('/docs/.%2E/text.txt', missing, { nginx: file, differs: DOTS }),
  at('/..', missing, { nginx: { status: 400 }, differs: 'above the top is nothing; nginx calls it bad syntax' }),
  at('/../outside/secret.txt', missing, { nginx: { status: 400 }, differs: 'as above' }),
  at('/%2e%2e/outside/secret.txt', missing, { nginx: { status: 400 }, differs: 'as above' }),
  at('/docs%2Findex.html', missing, { nginx: { status: 200 }, differs: SLASH }),
  at('/..%2foutside%2fsecret.txt', missing, { nginx: { status: 400 }, differs: SLASH }),
  at('/%252e%252e/outside/secret.txt', missing),
  at('/docs\\index.html', missing),
  at('/..\\outside\\secret.txt', missing),
  at('/docs%5cindex.html', missing),
]);

table('escapes', on, [
  at('/text%2Etxt', file),
  at('/%74%65%78%74.txt', file),
  at('/text.txt?query=1', file),
  at('/text.txt?', file),
  at('/text.txt?a=/../b', file),
  at('/a%20b.txt', { status: 200, body: 'space' }),
  at('/a+b.txt', missing),
  at('/plus+sign.txt', { status: 200, body: 'plus' }),
  at('/plus%2Bsign.txt', { status: 200, body: 'plus' }),
  at('/semi;colon.txt', { status: 200, body: 'semi' }),
  at('/50%25.txt', { status: 200, body: 'percent' }),
  at('/que%3Fstion.txt', { status: 200, body: 'question' }),
  at('/tilde~.txt', { status: 200, body: 'tilde' }),
  at("/quote'.txt", { status: 200, body: 'quote' }),
  at('/%C3%BCn%C3%AF.txt', { status: 200, body: 'umlaut' }),
  at(
    '/\xc3\xbcn\xc3\xaf.txt',
    { status: 400 },
    { nginx: { status: 200 }, differs: 'a target is ASCII (RFC 9112, 3.2)' },
  ),
  at('/a b.txt', { status: 400 }),
  at('/text.txt%20', missing),
  at('/text.txt%00', missing, {
    nginx: { status: 400 },
    differs: 'no file has a NUL in its name; nginx calls it bad syntax',
  }),
  at('/text.txt%00.html', missing, { nginx: { status: 400 }, differs: 'as above' }),
  at('/text.txt%0a', missing),
  at('/%', missing, { nginx: { status: 400 }, differs: 'a broken escape names no file; nginx calls it bad syntax' }),
  at('/50%.txt', missing, { nginx: { status: 400 }, differs: 'as above' }),
  at('/%zz', missing, { nginx: { status: 400 }, differs: 'as above' }),
  at('/%c0%ae%c0%ae/secret.txt', missing),
  at('/text.txt#part', { status: 400 }, { nginx: file, differs: 'no fragment is sent (RFC 9110, 7.1)' }),
  at('/TEXT.TXT', missing),
  at(`/${'n'.repeat(300)}`, missing),
  at(`/${'n/'.repeat(1_000)}`, missing),
  at(`/text.txt?${'q'.repeat(7_000)}`, file),
  at(`/${'x'.repeat(9_000)}`, { status: 414 }),
  at(`/text.txt?${'q'.repeat(40_000)}`, { status: 414 }),
]);

const OUTSIDE = 'a link that leads out of the folder is not followed, an absolute one neither; nginx follows all';
table('links and hidden names', on, [
  at('/inner.txt', file),
  at('/docs/up.txt', file),
  at('/outer.txt', missing, { nginx: { status: 200, body: SECRET }, differs: OUTSIDE }),
  at('/absolute.txt', missing, { nginx: { status: 200, body: SECRET }, differs: OUTSIDE }),
  at('/outer/secret.txt', missing, { nginx: { status: 200, body: SECRET }, differs: OUTSIDE }),
  at('/dangling.txt', missing),
  at('/loop.txt', missing, {
    nginx: { status: 403 },
    differs: 'a link to itself is no file; 403 would say that it is there',
  }),
  at('/.hidden', missing),
  at('/%2ehidden', missing),
  at('/.git/config', missing),
  at('/.git/', missing),
  at('/.well-known/security.txt', { status: 200 }),
]);

const form = (target, is, more) => ({
  ...at(target, is, more),
  send: `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
});
table('forms of targets (RFC 9112, 3.2)', on, [
  form('http://localhost/text.txt', file),
  form('http://elsewhere.example/text.txt', file),
  form('http://localhost:99/text.txt?a', file),
  form('HTTP://localhost/text.txt', file),
  form('https://localhost/text.txt', file),
  form('http://localhost', { status: 200, body: /home/ }),
  form('http://localhost?a=b', { status: 200, body: /home/ }),
  form('http:///text.txt', { status: 400 }),
  form(
    'ftp://localhost/text.txt',
    { status: 400 },
    { nginx: file, differs: 'only http and https name something here' },
  ),
  form('*', { status: 400 }),
  form('text.txt', { status: 400 }),
  form('localhost:80', { status: 400 }),
  { name: 'OPTIONS *', send: ask('OPTIONS', '*'), is: { status: 400 } },
]);
