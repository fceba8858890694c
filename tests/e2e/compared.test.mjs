// The rows of docs/compared.md about caching, each in real browsers. What other suites show already is not shown here again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { sleep, until } from '../lib/until.mjs';
import { get, hear, kept, routed } from './routed.mjs';

const CONFIG = `
[[route]]
match = "/first/*"
strategy = "cache-first"
cache = "first"

[[route]]
match = "/network/*"
strategy = "network-first"
cache = "network"
timeout = "1s"

[[route]]
match = "/revalidated/*"
strategy = "stale-while-revalidate"
cache = "revalidated"

[[route]]
match = "/only-cache/*"
strategy = "cache-only"
cache = "network"

[[route]]
match = "/only-network/*"
strategy = "network-only"

[[route]]
match = "/updated/*"
strategy = "cache-and-update"
cache = "updated"

[[route]]
match = "/rooms/:id/picture"
destination = ["image"]
strategy = "cache-first"
cache = "pictures"

[[route]]
match = "/search"
methods = ["POST"]
strategy = "network-only"

[[route]]
match = "/pages/*"
strategy = "network-first"
cache = "pages"

[[route]]
match = "/few/*"
strategy = "cache-first"
cache = "few"
entries = 3

[[route]]
match = "/young/*"
strategy = "cache-first"
cache = "young"
age = "2s"

[[route]]
match = "/light/*"
strategy = "cache-first"
cache = "light"
bytes = "10kB"

[[route]]
match = "/typed/*"
strategy = "network-first"
cache = "typed"
types = ["application/json"]

[[route]]
match = "/media/*"
strategy = "cache-first"
cache = "media"

[[route]]
match = "/mine/*"
strategy = "network-first"
cache = "mine"
per_user = true

[worker]
logout = ["/logout"]

[fallback]
document = "/offline.html"
image = "/offline.svg"
`;

for (const name of browserNames) {
  describe(`routes in ${name}`, () => {
    let scene;
    let tab;
    let origin;
    const picture = (path) =>
      tab.eval(`(async () => {
        const image = new Image();
        image.src = '${path}';
        await image.decode().catch(() => {});
        return image.naturalWidth;
      })()`);
    before(async () => {
      scene = await routed(name, { config: CONFIG });
      ({ tab, origin } = scene);
    });
    after(() => scene?.close());

    test('cache-first: the network is asked once', async () => {
      origin.say('/first/a');
      assert.equal(await get(tab, '/first/a'), '200 /first/a 1');
      await until('it is kept', async () => (await kept(tab, 'offing-run-first')).includes('/first/a'));
      assert.equal(await get(tab, '/first/a'), '200 /first/a 1');
      assert.equal(origin.asked('/first/a'), 1);
    });

    test('network-first: the newest, and the copy where the network fails or takes longer than it may', async () => {
      origin.say('/network/a');
      assert.equal(await get(tab, '/network/a'), '200 /network/a 1');
      assert.equal(await get(tab, '/network/a'), '200 /network/a 2');
      await until('it is kept', async () => (await kept(tab, 'offing-run-network')).includes('/network/a'));
      origin.say('/network/a', () => undefined);
      const began = Date.now();
      assert.equal(await get(tab, '/network/a'), '200 /network/a 2');
      assert.ok(Date.now() - began >= 900 && Date.now() - began < 4_000, `after ${Date.now() - began} ms`);
      origin.fail('/network/a');
      assert.equal(await get(tab, '/network/a'), '200 /network/a 2');
      origin.fail('/network/never');
      assert.equal(await get(tab, '/network/never'), 'TypeError');
    });

    test('stale-while-revalidate: the copy at once, the newest the next time', async () => {
      origin.say('/revalidated/a');
      assert.equal(await get(tab, '/revalidated/a'), '200 /revalidated/a 1');
      await until('it is kept', async () => (await kept(tab, 'offing-run-revalidated')).length === 1);
      assert.equal(await get(tab, '/revalidated/a'), '200 /revalidated/a 1');
      await until('it was renewed', async () => (await get(tab, '/revalidated/a')) !== '200 /revalidated/a 1');
    });

    test('cache-only: what is there, and nothing else; network-only: never kept', async () => {
      origin.say('/only-cache/a');
      const nothing = await get(tab, '/only-cache/a');
      assert.ok(nothing === 'TypeError' || nothing.startsWith('504'), nothing);
      await tab.eval(
        `caches.open('offing-run-network').then((cache) => cache.put('/only-cache/a', new Response('there')))`,
      );
      assert.equal(await get(tab, '/only-cache/a'), '200 there');
      assert.equal(origin.asked('/only-cache/a'), 0);
      origin.say('/only-network/a');
      assert.equal(await get(tab, '/only-network/a'), '200 /only-network/a 1');
      assert.equal(await get(tab, '/only-network/a'), '200 /only-network/a 2');
      assert.equal(await tab.eval(`caches.match('/only-network/a').then(Boolean)`), false);
    });

    test('cache-and-update: the copy at once, and every page is told when the body behind it is another', async () => {
      let body = 'one cat';
      origin.say('/updated/cat', () => body);
      const second = await scene.visit();
      const told = await Promise.all([tab, second].map((each) => hear(each, 'changed')));
      assert.equal(await get(tab, '/updated/cat'), '200 one cat');
      await until('it is kept', async () => (await kept(tab, 'offing-run-updated')).length === 1);
      assert.equal(await get(tab, '/updated/cat'), '200 one cat');
      await until('it was asked again', () => origin.asked('/updated/cat') === 2);
      body = 'another cat';
      assert.equal(await get(tab, '/updated/cat'), '200 one cat');
      for (const each of told) await until('the page is told', async () => (await each()).length === 1);
      assert.equal(new URL((await told[0]())[0].url, scene.proxy.origin).pathname, '/updated/cat');
      assert.equal(await tab.eval(`caches.match('/updated/cat').then((found) => found.text())`), 'another cat');
      assert.equal(await get(tab, '/updated/cat'), '200 another cat');
      await sleep(500);
      assert.equal((await told[1]()).length, 1, 'the same body again is no change');
      await second.close();
    });

    test('a route is found by pattern, method and destination', async () => {
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="33" height="33"/>';
      origin.say('/rooms/7/picture', svg, { type: 'image/svg+xml' });
      assert.equal(await get(tab, '/rooms/7/picture'), `200 ${svg}`);
      assert.deepEqual(await kept(tab, 'offing-run-pictures'), [], 'a fetch is no image');
      assert.equal(await picture('/rooms/7/picture'), 33);
      await until('it is kept', async () => (await kept(tab, 'offing-run-pictures')).length === 1);
      origin.say('/rooms/7/8/picture', svg, { type: 'image/svg+xml' });
      await picture('/rooms/7/8/picture');
      assert.deepEqual(await kept(tab, 'offing-run-pictures'), ['/rooms/7/picture'], 'a name is one segment');
      origin.say('/first/b');
      assert.equal(await get(tab, '/first/b', { method: 'POST' }), '200 /first/b 1');
      assert.equal(await get(tab, '/first/b', { method: 'POST' }), '200 /first/b 2');
      assert.ok(!(await kept(tab, 'offing-run-first')).includes('/first/b'), 'only GET is kept');
    });

    test('where neither network nor cache has an answer, the fallback of the destination stands in', async () => {
      for (const path of ['/pages/never', '/rooms/9/picture', '/first/never']) origin.fail(path);
      assert.equal(await picture('/rooms/9/picture'), 77);
      const other = await scene.visit('/pages/never');
      assert.equal(await other.eval('document.title'), 'offline');
      await other.close();
      assert.equal(await get(tab, '/first/never'), 'TypeError', 'a fetch has none');
    });

    test('a cache keeps so many entries, the last used, and none longer than its age', async () => {
      for (const n of [1, 2, 3]) {
        origin.say(`/few/${n}`);
        await get(tab, `/few/${n}`);
        await until('it is kept', async () => (await kept(tab, 'offing-run-few')).includes(`/few/${n}`));
      }
      await get(tab, '/few/1');
      for (const n of [4, 5]) {
        origin.say(`/few/${n}`);
        await get(tab, `/few/${n}`);
      }
      const left = async () => (await kept(tab, 'offing-run-few')).sort().join();
      await until('the last used are left', async () => (await left()) === '/few/1,/few/4,/few/5');
      origin.say('/young/a');
      assert.equal(await get(tab, '/young/a'), '200 /young/a 1');
      await until('it is kept', async () => (await kept(tab, 'offing-run-young')).length === 1);
      assert.equal(await get(tab, '/young/a'), '200 /young/a 1');
      await sleep(2_300);
      assert.equal(await get(tab, '/young/a'), '200 /young/a 2');
    });

    test('a cache keeps so many bytes', async () => {
      for (const n of [1, 2, 3, 4]) {
        origin.say(`/light/${n}`, 'x'.repeat(4_000));
        await get(tab, `/light/${n}`);
      }
      const left = async () => (await kept(tab, 'offing-run-light')).sort().join();
      await until('two are left', async () => (await left()) === '/light/3,/light/4');
    });

    test('a part is cut from the whole that is cached', async () => {
      const bytes = Array.from({ length: 100 }, (_, n) => String(n).padStart(3, '0')).join('');
      origin.say('/media/song', bytes, { type: 'audio/wav' });
      assert.equal(await get(tab, '/media/song'), `200 ${bytes}`);
      await until('it is kept', async () => (await kept(tab, 'offing-run-media')).length === 1);
      origin.fail('/media/song');
      const part = (range) =>
        tab.eval(`fetch('/media/song', { headers: { range: '${range}' } }).then(async (response) =>
          [response.status, response.headers.get('content-range'), await response.text()])`);
      assert.deepEqual(await part('bytes=3-8'), [206, 'bytes 3-8/300', '001002']);
      assert.deepEqual(await part('bytes=-3'), [206, 'bytes 297-299/300', '099']);
      assert.deepEqual(await part('bytes=294-'), [206, 'bytes 294-299/300', '098099']);
      assert.equal((await part('bytes=300-'))[0], 416);
    });

    test('errors, log-in pages, captive portals and wrong types never take the place of a copy', async () => {
      const good = () => origin.say('/typed/data', '{"good":true}', { type: 'application/json' });
      good();
      assert.equal(await get(tab, '/typed/data'), '200 {"good":true}');
      await until('it is kept', async () => (await kept(tab, 'offing-run-typed')).length === 1);
      const copy = () => tab.eval(`caches.match('/typed/data').then((found) => found.text())`);
      origin.say('/login', 'log in, please', { type: 'text/html' });
      const bad = [
        ['', { status: 500 }],
        ['not found', { status: 404 }],
        ['<h1>Welcome to our Wi-Fi</h1>', { type: 'text/html' }],
        ['', { status: 302, headers: { location: '/login' } }],
        ['<h1>Sign in to this network</h1>', { status: 511, type: 'text/html' }],
      ];
      for (const [body, how] of bad) {
        origin.say('/typed/data', body, how);
        await get(tab, '/typed/data');
        await sleep(100);
        assert.equal(await copy(), '{"good":true}', JSON.stringify(how));
      }
      origin.fail('/typed/data');
      assert.equal(await get(tab, '/typed/data'), '200 {"good":true}');
    });

    test('what is kept for a person goes with the person', async () => {
      const is = (id) => tab.eval(`import('/_offing/client.js').then(({ setUser }) => setUser(${JSON.stringify(id)}))`);
      const spaces = () =>
        tab.eval(`caches.keys().then((names) => names.filter((each) => each.startsWith('offing-user-')))`);
      await is('anna');
      origin.say('/mine/letters', 'for anna');
      assert.equal(await get(tab, '/mine/letters'), '200 for anna');
      await until('it is kept', async () => (await spaces()).length === 1);
      origin.fail('/mine/letters');
      assert.equal(await get(tab, '/mine/letters'), '200 for anna');
      await is('bert');
      assert.equal(await get(tab, '/mine/letters'), 'TypeError', 'another person has no copy');
      origin.say('/mine/letters', 'for bert');
      await get(tab, '/mine/letters');
      origin.say('/logout', 'bye');
      await get(tab, '/logout', { method: 'POST' });
      await until('nothing is left of anybody', async () => (await spaces()).length === 0);
      origin.fail('/mine/letters');
      assert.equal(await get(tab, '/mine/letters'), 'TypeError');
    });

    test('what only the server answers does not wake the worker, where the browser can do that', async () => {
      const asked = `(async () => {
        const entry = new Promise((resolve) => {
          const look = (list) => list.getEntries().filter(({ name }) => name.endsWith('/health')).forEach(resolve);
          new PerformanceObserver(look).observe({ type: 'resource' });
        });
        const status = await fetch('/_offing/health').then((answer) => answer.text().then(() => answer.status));
        return [status, (await entry).workerFinalSourceType];
      })()`;
      const [status, source] = await tab.eval(asked);
      assert.equal(status, 200);
      assert.equal(source, name === 'chromium' ? 'network' : undefined);
    });

    test('a navigation begins before the worker has started, and the console stays silent', async () => {
      origin.say('/pages/news', '<!doctype html><title>news</title>', { type: 'text/html' });
      for (let visit = 0; visit < 3; visit++) {
        await scene.browser.stopWorkers();
        await tab.goto(`${scene.proxy.origin}/pages/news`);
        assert.equal(await tab.eval('document.title'), 'news');
      }
      const { headers } = origin.requests.findLast(({ path }) => path === '/pages/news');
      assert.equal(headers['service-worker-navigation-preload'], 'true');
      assert.equal(origin.asked('/pages/news'), 3, 'and it is asked for once');
      const loud = tab.messages.filter(({ text }) => /preload/i.test(text));
      assert.deepEqual(loud, []);
    });
  });
}
