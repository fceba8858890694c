// Installing and updating: all or nothing, the next version, other people's workers, pages that are not there.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { sleep, until } from '../lib/until.mjs';
import { Meddler } from './meddler.mjs';
import { Scene } from './scene.mjs';

const WORKERS = `(async () => (await navigator.serviceWorker.getRegistrations()).map(({ active, waiting, scope }) =>
  ({ active: active?.scriptURL, waiting: waiting?.scriptURL, scope: new URL(scope).pathname })))()`;
const CACHES = `(async () => (await caches.keys()).filter((name) => name.startsWith('offing-precache-')))()`;

const notFound = (request, response) => response.writeHead(404).end();
const changed = (request, response) =>
  response.writeHead(200, { 'content-type': 'text/css', etag: '"other"' }).end('b{}');

for (const name of browserNames) {
  describe(`installing in ${name}`, () => {
    let scene;
    let page;
    const edit = (file, from, to) => {
      const full = path.join(scene.server.site, file);
      writeFileSync(full, readFileSync(full, 'utf8').replaceAll(from, to));
    };
    before(async () => (scene = await Scene.open(name, { proxy: Meddler })));
    after(() => scene?.close());

    for (const [what, answer] of Object.entries({ 'is missing': notFound, 'is not what the manifest says': changed })) {
      test(`a file that ${what} during installation leaves no cache and no worker`, async () => {
        scene.proxy.answers.set('/style.css', answer);
        page = await scene.visit();
        const said = () => page.messages.some(({ text }) => text.includes('could not be installed'));
        await until('the page says so', said);
        assert.deepEqual(await page.eval(CACHES), []);
        const workers = await page.eval(WORKERS);
        assert.ok(
          workers.every(({ active, waiting }) => !active && !waiting),
          JSON.stringify(workers),
        );
        assert.equal(await page.eval('Boolean(navigator.serviceWorker.controller)'), false);
        await page.close();
      });
    }

    test('the next visit, with every file there, installs', async () => {
      scene.proxy.answers.clear();
      page = await scene.visit();
      await scene.ready(page);
      assert.equal((await page.eval(CACHES)).length, 1);
    });

    test('an update that fails leaves the version before as it was, whole', async () => {
      const before = await page.eval(CACHES);
      edit('style.css', '16px', '17px');
      edit('app.js', `dataset.script = '1'`, `dataset.script = '2'`);
      scene.proxy.answers.set('/app.js', notFound);
      const manifest = () => fetch(`${scene.server.origin}/_offing/manifest.json`).then((answer) => answer.text());
      await until(
        'the server has seen the change',
        async () => !before[0].includes(JSON.parse(await manifest()).manifest ?? '?'),
      );
      await page.eval(`navigator.serviceWorker.getRegistration().then((found) => found.update()).catch(() => {})`);
      await sleep(1_500);
      assert.deepEqual(await page.eval(CACHES), before);
      const open = `caches.open('${before[0]}').then((cache) => cache.match('/app.js')).then((found) => found.text())`;
      assert.match(await page.eval(open), /dataset\.script = '1'/);
    });

    test('an update that succeeds waits, and takes over at once when it is told to', async () => {
      scene.proxy.answers.clear();
      const before = await page.eval(CACHES);
      await page.eval(`navigator.serviceWorker.getRegistration().then((found) => found.update())`);
      await until('it waits', async () => (await page.eval(WORKERS))[0].waiting);
      assert.ok((await page.eval(CACHES)).includes(before[0]), 'the version that is in use keeps its files');
      await page.eval(
        `navigator.serviceWorker.getRegistration().then((found) => found.waiting.postMessage({ type: 'SKIP_WAITING' }))`,
      );
      await until('it has taken over', async () => !(await page.eval(WORKERS))[0].waiting);
      await page.reload();
      assert.equal(await page.eval('document.body.dataset.script'), '2');
    });

    test('a page that was changed comes with its own script, while the version before is still in use', async () => {
      edit('index.html', 'data-version="1"', 'data-version="2"');
      edit('app.js', `dataset.news = '0'`, `dataset.edition = '2';\ndataset.news = '0'`);
      await page.reload();
      assert.equal(await page.eval('document.body.dataset.version'), '2');
      assert.equal(await page.eval('document.body.dataset.edition'), '2');
    });

    test('an update takes over by itself once every tab was closed for a while', { timeout: 300_000 }, async () => {
      edit('app.js', `dataset.script = '2'`, `dataset.script = '3'`);
      await sleep(2_500);
      await page.eval(`navigator.serviceWorker.getRegistration().then((found) => found.update())`);
      await until('it waits', async () => (await page.eval(WORKERS))[0].waiting);
      let waiting = true;
      for (const seconds of [1, 30, 60]) {
        const other = await scene.browser.newPage();
        await page.close();
        await sleep(seconds * 1000);
        page = other;
        await page.goto(`${scene.proxy.origin}/`);
        waiting = Boolean((await page.eval(WORKERS))[0].waiting);
        if (!waiting) break;
      }
      assert.equal(waiting, false);
      assert.equal(await page.eval('document.body.dataset.script'), '3');
      await until('the old cache has gone', async () => (await page.eval(CACHES)).length === 1);
    });

    test('offline, a page that is not there does not show another page', async () => {
      await scene.proxy.cut();
      const home = await scene.visit('/');
      assert.equal(await home.eval('document.title'), 'feed');
      const query = await scene.visit('/?source=link');
      assert.equal(await query.eval('document.title'), 'feed', 'a query does not make it another page');
      const docs = await scene.visit('/docs/');
      assert.equal(await docs.eval('document.title'), 'docs');
      const tab = await scene.browser.newPage();
      await tab.goto(`${scene.proxy.origin}/nowhere`);
      const text = await tab.eval(`document.documentElement?.textContent ?? ''`);
      assert.ok(!/docs page/.test(text), text);
      assert.equal(await tab.eval(`Boolean(document.getElementById('feed'))`), false);
    });
  });

  test(`a worker of somebody else is left alone in ${name}, and the console says so`, async () => {
    const scene = await Scene.open(name, { site: 'foreign' });
    try {
      const page = await scene.visit();
      const said = () => page.messages.some(({ type, text }) => /^warn/.test(type) && text.includes('/theirs.js'));
      await until('the console says so', said);
      const workers = await page.eval(WORKERS);
      assert.deepEqual(
        workers.map(({ active }) => new URL(active).pathname),
        ['/theirs.js'],
      );
      assert.ok(!scene.asked().some(({ target }) => target === '/sw.js'), 'ours was not even asked for');
    } finally {
      await scene.close();
    }
  });

  test(`an app's own worker made of our parts does the same work in ${name}`, async () => {
    const scene = await Scene.open(name, { site: 'own-worker' });
    try {
      await scene.publish(3);
      const page = await scene.visit();
      await scene.ready(page);
      const who = `new Promise((resolve) => {
        navigator.serviceWorker.addEventListener('message', ({ data }) => data.who && resolve(data.who));
        navigator.serviceWorker.controller.postMessage('who');
      })`;
      assert.equal(await page.eval(who), 'my own worker');
      await scene.publish(3);
      await scene.showsAll([page]);
      await scene.proxy.cut();
      await scene.showsAll([await scene.visit()]);
    } finally {
      await scene.close();
    }
  });
}
