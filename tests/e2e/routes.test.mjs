// What only a browser shows of routes: media that seek in a cached file, opaque answers, variants, quotas, redirects, preloading,
// a worker that is stopped while it stores, and a worker of the app's own with routes in code.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { until } from '../lib/until.mjs';
import { PAGES, get, hear, kept, routed } from './routed.mjs';

const configFor = (foreign) => `
[[route]]
match = "/media/*"
strategy = "cache-first"
cache = "media"
types = ["audio/*"]
[[route]]
match = "/vary/*"
strategy = "network-first"
cache = "vary"
[[route]]
match = "${foreign}/open/*"
strategy = "cache-first"
cache = "foreign"
opaque = true
[[route]]
match = "${foreign}/*"
strategy = "cache-first"
cache = "foreign"
[[route]]
match = "/pages/*"
destination = ["document"]
strategy = "network-first"
cache = "pages"
[[route]]
match = "/low/*"
strategy = "cache-first"
cache = "low"
priority = -1
[[route]]
match = "/high/*"
strategy = "cache-first"
cache = "high"
priority = 1
[[route]]
match = "/bound/*"
strategy = "cache-first"
cache = "bound"
entries = 5
[fallback]
document = "/offline.html"
`;

const SECONDS = 20;
const RATE = 8_000;

// Another tone every second, 8 bit.
function wav() {
  const size = SECONDS * RATE;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + size, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(size, 40);
  const tone = (_, n) => 128 + 100 * Math.sin((n * (200 + 50 * Math.floor(n / RATE))) / RATE);
  return Buffer.concat([head, Buffer.from(Array.from({ length: size }, tone))]);
}

// Where the playing position is after a jump to `second`, and how long the browser takes the file to be.
const seek = (url, second) => `new Promise((resolve) => {
  const audio = new Audio();
  audio.muted = true;
  audio.onerror = () => resolve('error ' + audio.error.code);
  audio.onloadedmetadata = () => (audio.currentTime = ${second});
  audio.onseeked = () => resolve(Math.round(audio.currentTime) + ' of ' + Math.round(audio.duration));
  setTimeout(resolve, 8_000, 'nothing happened');
  audio.src = '${url}';
  audio.load();
})`;

const picture = (url) => `new Promise((resolve) => {
  const image = new Image();
  image.onload = () => resolve(image.naturalWidth);
  image.onerror = () => resolve(0);
  image.src = '${url}';
})`;

// A server of another origin that does not say who may read its answers.
async function foreigner() {
  const server = http.createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' });
    response.end('<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, end };
}

for (const name of browserNames) {
  describe(`routes, in ${name}`, () => {
    let scene;
    let tab;
    let origin;
    let foreign;
    before(async () => {
      foreign = await foreigner();
      scene = await routed(name, { config: configFor(foreign.url), files: { 'whole.wav': wav() } });
      ({ tab, origin } = scene);
    });
    after(async () => {
      foreign?.end();
      await scene?.close();
    });

    test('a precached file seeks offline', async () => {
      origin.fail('/whole.wav');
      assert.equal(await tab.eval(seek('/whole.wav', 17)), `17 of ${SECONDS}`);
      assert.equal(await tab.eval(seek('/whole.wav?other', 17)), 'error 4', 'the network is away indeed');
    });

    test('a file that was heard once, in parts, is cached whole, and seeks offline', async () => {
      const whole = wav();
      scene.proxy.answers.set('/media/parts.wav', (request, response) => {
        const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
        const headers = { 'content-type': 'audio/wav', 'accept-ranges': 'bytes', etag: '"w"' };
        if (from === undefined) return response.writeHead(200, headers).end(whole);
        const end = Math.min(Number(to || whole.length - 1), whole.length - 1);
        headers['content-range'] = `bytes ${from}-${end}/${whole.length}`;
        return response.writeHead(206, headers).end(whole.subarray(Number(from), end + 1));
      });
      assert.equal(await tab.eval(seek('/media/parts.wav', 12)), `12 of ${SECONDS}`);
      await until('the whole is cached', async () =>
        (await kept(tab, 'offing-run-media')).includes('/media/parts.wav'),
      );
      const size = `caches.match('/media/parts.wav').then((found) => found.blob()).then(({ size }) => size)`;
      assert.equal(await tab.eval(size), whole.length);
      origin.fail('/media/parts.wav');
      assert.equal(await tab.eval(seek('/media/parts.wav', 19)), `19 of ${SECONDS}`);
    });

    test('a body that is cut off is never stored', async () => {
      for (const headers of [{ 'content-length': '1000' }, { 'transfer-encoding': 'chunked' }]) {
        scene.proxy.answers.set('/bound/cut', (request, response) => {
          response.writeHead(200, { 'content-type': 'text/plain', ...headers });
          response.write('the beginning of');
          setTimeout(() => response.destroy(), 200);
        });
        assert.match(await get(tab, '/bound/cut').catch(String), /Error/);
        assert.deepEqual(await kept(tab, 'offing-run-bound'), []);
      }
    });

    test('an answer that nobody may read is stored where the route says so, and nowhere else', async () => {
      assert.equal(await tab.eval(picture(`${foreign.url}/open/a.svg`)), 7);
      assert.equal(await tab.eval(picture(`${foreign.url}/shut/a.svg`)), 7);
      await until('it is kept', async () => (await kept(tab, 'offing-run-foreign')).length > 0);
      assert.deepEqual(await kept(tab, 'offing-run-foreign'), ['/open/a.svg']);
      foreign.end();
      const again = await scene.visit();
      assert.equal(await again.eval(picture(`${foreign.url}/open/a.svg`)), 7);
      assert.equal(await again.eval(picture(`${foreign.url}/shut/b.svg`)), 0);
      await again.close();
    });

    test('two variants of a URL are both there offline, each for who asked for it', async () => {
      scene.proxy.answers.set('/vary/greeting', (request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', vary: 'X-Language' });
        response.end(`in ${request.headers['x-language']}`);
      });
      const greet = (language) => get(tab, '/vary/greeting', { headers: { 'X-Language': language } });
      for (const [before, language] of ['de', 'fr'].entries()) {
        assert.equal(await greet(language), `200 in ${language}`);
        await until('it is kept', async () => (await kept(tab, 'offing-run-vary')).length === before + 1);
      }
      origin.fail('/vary/greeting');
      for (const language of ['de', 'fr', 'de']) assert.equal(await greet(language), `200 in ${language}`);
      assert.equal(await greet('it'), 'TypeError');
    });

    test('a navigation that is redirected arrives, and only where it arrived is it offline again', async () => {
      origin.say('/pages/old', '', { status: 302, headers: { location: '/pages/new' } });
      origin.say('/pages/new', '<!doctype html><title>new</title>', { type: 'text/html' });
      const page = await scene.visit('/pages/old');
      assert.equal(await page.eval('location.pathname + document.title'), '/pages/newnew');
      await until('it is kept', async () => (await kept(page, 'offing-run-pages')).length > 0);
      assert.deepEqual(await kept(page, 'offing-run-pages'), ['/pages/new']);
      for (const path of ['/pages/old', '/pages/new']) origin.fail(path);
      await page.goto(`${scene.proxy.origin}/pages/new`);
      assert.equal(await page.eval('document.title'), 'new');
      await page.goto(`${scene.proxy.origin}/pages/old`);
      assert.equal(await page.eval('document.title'), 'offline');
      await page.close();
    });

    test('a navigation is asked for once, whoever answers it, and the console stays silent', async () => {
      const page = await scene.visit();
      for (const path of ['/pages/once', '/unknown/once']) {
        origin.say(path, '<!doctype html><link rel="icon" href="data:,"><title>once</title>', { type: 'text/html' });
        const before = origin.asked(path);
        for (let visit = 1; visit <= 3; visit++) {
          await scene.browser.stopWorkers();
          await page.goto(scene.proxy.origin + path);
          assert.equal(await page.eval('document.title'), 'once');
          assert.equal(origin.asked(path) - before, visit, path);
        }
      }
      assert.deepEqual(
        page.messages.filter(({ text }) => /preload/i.test(text)),
        [],
      );
      await page.close();
    });

    test('a worker that is stopped again and again while it stores leaves the cache within its bound', async () => {
      for (let n = 0; n < 40; n++) origin.say(`/bound/${n}`, 'x'.repeat(20_000));
      for (let n = 0; n < 40; n += 4) {
        const asking = [0, 1, 2, 3].map((more) => get(tab, `/bound/${n + more}`).catch(() => undefined));
        await asking[n % 3];
        await scene.browser.stopWorkers();
        await Promise.all(asking);
        const { length } = await kept(tab, 'offing-run-bound');
        assert.ok(length <= 5, `${length} entries`);
      }
      await get(tab, '/bound/0');
      await until('it stores again', async () => (await kept(tab, 'offing-run-bound')).includes('/bound/0'));
    });

    test(
      'when the browser has no more room, the lower priority makes some',
      { skip: name !== 'chromium' },
      async () => {
        const mega = 'x'.repeat(1_000_000);
        const ask = async (cache, n) => {
          origin.say(`/${cache}/${n}`, mega);
          await get(tab, `/${cache}/${n}`);
        };
        for (const n of [1, 2, 3]) await ask('low', n);
        await ask('high', 1);
        await until('they are kept', async () => (await kept(tab, 'offing-run-high')).length === 1);
        const { usage } = await tab.eval('navigator.storage.estimate()');
        await tab.send('Storage.overrideQuotaForOrigin', { origin: scene.proxy.origin, quotaSize: usage + 200_000 });
        const before = await tab.eval('caches.keys()');
        await ask('high', 2);
        await until('it is kept', async () => (await kept(tab, 'offing-run-high')).length === 2);
        const low = await kept(tab, 'offing-run-low');
        assert.ok(low.length < 3 && !low.includes('/low/1'), `left of the low ones: ${low}`);
        assert.deepEqual(await tab.eval('caches.keys()'), before);
        const pages = `caches.keys().then((names) => caches.open(names.find((each) => each.includes('precache'))))
        .then((cache) => cache.keys()).then(({ length }) => length)`;
        assert.ok((await tab.eval(pages)) >= 5, 'the precache is whole');
        await tab.send('Storage.overrideQuotaForOrigin', { origin: scene.proxy.origin });
      },
    );
  });
}

const OWN = `
import { BroadcastUpdatePlugin, CacheFirst, config, registerRoute, route, setCatchHandler, StaleWhileRevalidate, start } from '/_offing/worker.js';
const stamp = { cacheWillUpdate: async ({ response }) => {
  const headers = new Headers(response.headers);
  headers.set('X-Stamp', 'by a plugin');
  return new Response(await response.blob(), { headers });
} };
route('/code/:id', ({ params }) => new Response('made of ' + params.id));
route('/things/*', new CacheFirst({ cache: 'things', plugins: [stamp] }));
registerRoute(({ url }) => url.pathname.startsWith('/news/'),
  new StaleWhileRevalidate({ cacheName: 'news', plugins: [new BroadcastUpdatePlugin()] }));
route('/nowhere', () => Promise.reject(new Error('no')));
setCatchHandler(({ url }) => url.pathname === '/nowhere' ? new Response('caught') : undefined);
start(config);
`;

for (const name of browserNames) {
  describe(`routes in code, in ${name}`, () => {
    let scene;
    let tab;
    before(async () => {
      scene = await routed(name, { config: '', files: { ...PAGES, 'sw.js': OWN } });
      tab = scene.tab;
    });
    after(() => scene?.close());

    test('a handler gets the parameters of its pattern', async () => {
      assert.equal(await get(tab, '/code/seven'), '200 made of seven');
    });

    test('a plugin’s hook changes what is stored', async () => {
      scene.origin.say('/things/1', 'one');
      assert.equal(await get(tab, '/things/1'), '200 one');
      await until('it is kept', async () => (await kept(tab, 'offing-run-things')).length === 1);
      scene.origin.fail('/things/1');
      const stamp = `fetch('/things/1').then(async (found) => found.headers.get('X-Stamp') + ': ' + (await found.text()))`;
      assert.equal(await tab.eval(stamp), 'by a plugin: one');
    });

    test('pages are told of a copy that has a new body', async () => {
      scene.origin.say('/news/1', (n) => (n < 3 ? 'old' : 'new'));
      const heard = await hear(tab, 'changed');
      assert.equal(await get(tab, '/news/1'), '200 old');
      await until('it is kept', async () => (await kept(tab, 'offing-run-news')).length === 1);
      assert.equal(await get(tab, '/news/1'), '200 old');
      await until('it was asked for again', () => scene.origin.asked('/news/1') === 2);
      assert.equal(await get(tab, '/news/1'), '200 old');
      const [message] = await until('a page is told', async () => {
        const all = await heard();
        return all.length > 0 && all;
      });
      assert.deepEqual([new URL(message.url).pathname, message.cache], ['/news/1', 'offing-run-news']);
      assert.equal((await heard()).length, 1);
      assert.equal(await get(tab, '/news/1'), '200 new');
    });

    test('what a handler cannot answer the catch handler does', async () => {
      assert.equal(await get(tab, '/nowhere'), '200 caught');
    });
  });
}
