// The listings of "Offline and background operation" (MDN, Progressive web apps) that concern caching, behind the server.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { staysTrue, until } from '../lib/until.mjs';
import { folderOf, listing, mend, page, WORKER } from './listings.mjs';
import { Scene } from './scene.mjs';

const DOCUMENT = 'offline-and-background-operation';
const CACHE_FIRST = listing(DOCUMENT, 'cache-first.service-worker.js');
const BACKGROUND_FETCH = listing(DOCUMENT, 'background-fetch.main.js');
const FETCH_SUCCESS = listing(DOCUMENT, 'background-fetch-success.service-worker.js');

// The article shows the worker and leaves the site to the reader.
const site = (worker, more = {}) =>
  folderOf({
    'index.html': page(
      'home',
      '<link rel="stylesheet" href="/style.css"><h1>home</h1><script src="/main.js"></script>',
    ),
    'story.html': page('story', '<h1>a story</h1>'),
    'later.html': page('later', '<h1>never seen</h1>'),
    'fallback.html': page('fallback', '<h1>You are offline.</h1>'),
    'style.css': 'h1 { color: rgb(1, 2, 3) }\n',
    'main.js': `navigator.serviceWorker.register('/service-worker.js');\n`,
    'service-worker.js': worker,
    ...more,
  });
const title = (tab) => tab.eval('document.title');
const state = (what, tab) => until(`the worker ${what}`, async () => (await tab.eval(WORKER)) === what);

// The first visit ends with an active worker, the second goes through it.
async function visitTwice(scene) {
  const tab = await scene.visit();
  await state('active', tab);
  await tab.reload();
  await state('controls', tab);
  return tab;
}

for (const name of browserNames) {
  describe(`MDN, "Offline and background operation", the cache-first worker in ${name}`, () => {
    let scene;
    let tab;
    const fails = async () => {
      await scene.server.kill();
      await scene.proxy.cut();
    };
    before(async () => (scene = await Scene.open(name, { site: site(CACHE_FIRST) })));
    after(() => scene?.close());

    test('as printed: what went through the worker once opens with the server killed', async () => {
      tab = await visitTwice(scene);
      assert.equal(await tab.goto(`${scene.proxy.origin}/story.html`), undefined);
      await fails();
      assert.equal(await tab.goto(`${scene.proxy.origin}/`), undefined);
      assert.equal(await title(tab), 'home');
      assert.equal(await tab.eval(`getComputedStyle(document.querySelector('h1')).color`), 'rgb(1, 2, 3)');
      assert.equal(await tab.goto(`${scene.proxy.origin}/story.html`), undefined);
      assert.equal(await title(tab), 'story');
    });

    test('as printed: nothing puts the fallback into the cache, so the worker has only words', async () => {
      await tab.goto(`${scene.proxy.origin}/later.html`);
      assert.equal(await tab.eval('document.body.textContent'), 'Network error happened');
    });

    test('as printed: once the fallback page was seen, it stands for what was not', async () => {
      await scene.server.run();
      await scene.proxy.restore();
      await tab.goto(`${scene.proxy.origin}/fallback.html`);
      await fails();
      await tab.goto(`${scene.proxy.origin}/later.html`);
      assert.equal(await title(tab), 'fallback');
    });
  });

  test(`MDN, "Offline and background operation", the cache-first worker with the installation that it lacks, in ${name}`, async () => {
    const install = `self.addEventListener("install", (event) => {
      event.waitUntil(caches.open("v1").then((cache) => cache.addAll(["/fallback.html"])));
    });\n`;
    const scene = await Scene.open(name, { site: site(install + CACHE_FIRST) });
    try {
      const tab = await visitTwice(scene);
      await scene.server.kill();
      await scene.proxy.cut();
      await tab.goto(`${scene.proxy.origin}/later.html`);
      assert.equal(await title(tab), 'fallback');
    } finally {
      await scene.close();
    }
  });

  describe(`MDN, "Offline and background operation", handling a background fetch in ${name}`, () => {
    const parts = { 'my-movie-part-1.webm': 'one'.repeat(1000), 'my-movie-part-2.webm': 'two'.repeat(1000) };
    // The reader's part of the page: the listing takes `movieIcons` from somewhere.
    const main = `const movieIcons = [];\n${BACKGROUND_FETCH}`;
    // Notes what the worker does, before the listing: that the event came, and that the records were asked for.
    const notes = `const noted = (what) => caches.open("notes").then((cache) => cache.put("/" + what, new Response("")));
      self.addEventListener("backgroundfetchsuccess", (event) => event.waitUntil(noted("event")));
      const matchAll = self.BackgroundFetchRegistration?.prototype.matchAll;
      if (matchAll) BackgroundFetchRegistration.prototype.matchAll = function (...args) {
        noted("matchAll");
        return matchAll.apply(this, args);
      };\n`;
    const mended = mend(
      FETCH_SUCCESS,
      ['event.waitUntil(async () => {', 'event.waitUntil((async () => {'],
      ['\n  });\n});', '\n  })());\n});'],
      ['const responses = Promise.all(', 'const responses = await Promise.all('],
      [
        '// do something with the responses',
        'const cache = await caches.open("movies");\n' +
          'await Promise.all(responses.map((response, n) => cache.put(records[n].request, response)));',
      ],
    );

    async function download(worker, check) {
      const scene = await Scene.open(name, {
        site: site(notes + worker, { 'main.js': `${register}${main}`, ...parts }),
      });
      try {
        const tab = await visitTwice(scene);
        await check(tab, scene);
      } finally {
        await scene.close();
      }
    }
    const register = `navigator.serviceWorker.register('/service-worker.js');\n`;
    const seen = (tab, what) => tab.eval(`caches.match('/${what}', { cacheName: 'notes' }).then(Boolean)`);
    const absent = `(async () => !('backgroundFetch' in (await navigator.serviceWorker.ready)))()`;

    if (name !== 'chromium') {
      test('is not possible: the browser has no background fetch', () =>
        download(FETCH_SUCCESS, async (tab) => assert.equal(await tab.eval(absent), true)));
      return;
    }

    test('as printed: a function is handed to waitUntil and never called, so the event passes and the responses are lost', () =>
      download(FETCH_SUCCESS, async (tab) => {
        await tab.eval('requestBackgroundFetch({})');
        await until('the event has come', () => seen(tab, 'event'), { timeout: 30_000 });
        await staysTrue('nobody asks for the records', async () => !(await seen(tab, 'matchAll')), 1_500);
      }));

    test('mended, with the function called and its promises awaited: the responses are in the cache', () =>
      download(mended, async (tab, scene) => {
        await tab.eval('requestBackgroundFetch({})');
        const length = (part) =>
          `caches.match('/${part}', { cacheName: 'movies' }).then((found) => found?.text()).then((text) => text?.length)`;
        for (const part of Object.keys(parts)) {
          await until(`${part} is kept`, async () => (await tab.eval(length(part))) === 3000, { timeout: 30_000 });
        }
        assert.equal(await seen(tab, 'matchAll'), true);
        await scene.server.kill();
        assert.equal(await tab.eval(length('my-movie-part-2.webm')), 3000);
      }));
  });
}
