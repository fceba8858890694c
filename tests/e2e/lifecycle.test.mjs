// A new version is asked for before it takes over; tabs keep the files of theirs; the server can switch workers off and
// force a version on them; the worker says how it is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browserNames } from '../lib/pages.mjs';
import { sleep, staysTrue, until } from '../lib/until.mjs';
import { Front } from './front.mjs';

const CONFIG = '[worker]\nlogout = ["/logout"]\n';
const SAFETY = fileURLToPath(new URL('../../web/dist/worker.safety.js', import.meta.url));
const AUTO = `[worker]\nupdate = "auto"\n`;
const click = (part) => `document.querySelector('offing-update').shadowRoot.querySelector('[part=${part}]').click()`;

for (const name of browserNames) {
  describe(`a new version in ${name}`, () => {
    let front;
    let first;
    let second;
    let waiting;
    before(async () => (front = await Front.open(name, { config: CONFIG })));
    after(() => front?.close());

    test('the first version takes over at once and reloads nobody', async () => {
      first = await front.visit();
      assert.deepEqual([await front.version(first), await front.loads(first)], ['11', 1]);
      assert.equal(await first.eval('late()'), 'late part 1');
    });

    test('a version that waits is offered to every tab, also to one that is opened later', async () => {
      second = await front.visit();
      waiting = await front.deploy();
      await front.look(first);
      await front.offered(first, waiting);
      await front.offered(second, waiting);
      const third = await front.visit();
      await front.offered(third, waiting);
      await third.close();
      assert.deepEqual([await front.loads(first), await front.loads(second)], [1, 1]);
    });

    test('the element says so to everybody, and its words can be replaced', async () => {
      const box = `(() => {
        const element = document.querySelector('offing-update');
        const box = element.shadowRoot.querySelector('div')?.getBoundingClientRect();
        return [element.getAttribute('role'), element.shadowRoot.textContent.trim(),
          Boolean(box) && box.left >= 0 && box.right <= innerWidth];
      })()`;
      const [role, text, inside] = await first.eval(box);
      assert.equal(role, 'status');
      assert.match(text, /A new version is ready\.\s*Reload\s*Later/);
      assert.equal(inside, true);
      await first.eval(`(() => {
        const other = document.createElement('offing-update');
        other.setAttribute('message', 'Neue Fassung');
        other.setAttribute('reload', 'Laden');
        document.body.append(other);
      })()`);
      const words = await first.eval(`[...document.querySelectorAll('offing-update')].at(-1).shadowRoot.textContent`);
      assert.match(words, /Neue Fassung\s*Laden\s*Later/);
      await first.eval(`[...document.querySelectorAll('offing-update')].at(-1).remove()`);
      await first.eval(click('later'));
      assert.equal(await first.eval(`document.querySelector('offing-update').shadowRoot.textContent.trim()`), '');
    });

    test('once somebody wants it each tab is reloaded once, and one that holds when it lets go', async () => {
      await second.eval('globalThis.release = offing.holdUpdate(), true');
      await first.eval('void updates.at(-1).apply()');
      await front.shows(first, 2);
      assert.equal(await front.loads(first), 2);
      await staysTrue('the tab that holds is left alone', async () => (await front.loads(second)) === 1, 1_500);
      assert.equal(await front.version(second), '11');
    });

    test('a tab of the version before still gets its late part, also from a worker that was stopped', async () => {
      assert.equal(await first.eval(`fetch('/late-1.js').then(({ status }) => status)`), 404);
      assert.equal(
        await second.eval('fetch("/late-1.js").then((answer) => answer.text())'),
        "export const text = 'late part 1';\n",
      );
      await front.browser.stopWorkers();
      assert.equal(await second.eval('late()'), 'late part 1');
      assert.equal(
        await second.eval(`fetch('/app.js').then((answer) => answer.text()).then((text) => /'1'/.test(text))`),
        true,
      );
      assert.equal((await front.caches(first, 'offing-precache-')).length, 2);
    });

    test('when it lets go it is reloaded, and the files of the version before go', { timeout: 90_000 }, async () => {
      await second.eval('release()');
      await front.shows(second, 2);
      assert.deepEqual([await front.loads(first), await front.loads(second)], [2, 2]);
      await until('one version is left', async () => (await front.caches(first, 'offing-precache-')).length === 1, {
        timeout: 60_000,
      });
    });

    test('SKIP_WAITING takes over without reloading anybody', async () => {
      const next = await front.deploy();
      await front.look(first);
      await front.offered(first, next);
      await first.eval(
        `navigator.serviceWorker.getRegistration().then(({ waiting }) => waiting.postMessage({ type: 'SKIP_WAITING' }))`,
      );
      const waits = () =>
        first.eval(`navigator.serviceWorker.getRegistration().then(({ waiting }) => Boolean(waiting))`);
      await until('none waits', async () => !(await waits()));
      await sleep(500);
      assert.deepEqual([await front.loads(first), await front.loads(second)], [2, 2]);
      assert.equal(await second.eval('late()'), 'late part 2');
      for (const page of [first, second]) await page.reload();
      await front.shows(second, 3);
    });

    test('the button of the element does it, too', async () => {
      const next = await front.deploy();
      await front.look(first);
      await front.offered(second, next);
      await until('the element is there', () =>
        second.eval(`Boolean(document.querySelector('offing-update').shadowRoot.textContent)`),
      );
      await second.eval(click('reload'));
      await front.shows(first, 4);
      await front.shows(second, 4);
    });

    test('/_offing/state tells how the worker is, as a page and as JSON', async () => {
      const json = await first.eval(`fetch('/_offing/state?json').then((answer) => answer.json())`);
      assert.equal(json.manifest, await front.manifest());
      assert.ok(
        json.caches.some(
          ({ name: cache, entries, bytes }) => cache.startsWith('offing-precache-') && entries >= 3 && bytes > 500,
        ),
      );
      assert.deepEqual(json.live, {});
      const report = await first.eval('offing.report()');
      assert.equal(report.manifest, json.manifest);
      const page = await front.scene.visit('/_offing/state');
      assert.equal(await page.eval('document.title'), 'Offing');
      assert.match(await page.eval('document.body.innerText'), new RegExp(json.manifest));
      assert.equal(await page.eval(`document.documentElement.lang`), 'en');
      await page.close();
    });

    test('storage() and support() say what there is', async () => {
      const storage = await first.eval('offing.storage()');
      assert.ok(storage.usage > 0 && storage.quota > storage.usage, JSON.stringify(storage));
      assert.equal(typeof storage.persisted, 'boolean');
      assert.ok(storage.caches.some(({ entries, bytes }) => entries && bytes));
      assert.equal(storage.warning, '');
      const support = await first.eval('offing.support()');
      assert.equal(support.offline.how, 'native');
      assert.equal(support.persist.how, 'native');
      const sync = await first.eval(`'SyncManager' in window`);
      assert.deepEqual(support.backgroundSync.how, sync ? 'native' : 'fallback');
      for (const { how, reason } of Object.values(support)) assert.equal(how === 'native', reason === '');
    });

    test('a site without live resources knows whether the server is there', async () => {
      await until('it is', () => first.eval('states.at(-1)?.online === true'));
      await front.scene.proxy.cut();
      await first.eval(`dispatchEvent(new Event('offline'))`);
      await until('it is not', () => first.eval('states.at(-1)?.online === false'));
      const page = await front.scene.visit('/_offing/state');
      assert.match(await page.eval('document.body.innerText'), /"online": false/);
    });
  });

  describe(`the server's word on its workers in ${name}`, () => {
    let front;
    let pages;
    const CONTROL = { kill: false, require: '', revision: 1, manifest: '' };
    const say = (word) => front.answer('/_offing/control', JSON.stringify({ ...CONTROL, ...word }));
    // As when the page comes to the front, or the network comes back: the worker reads it now.
    const listen = (page) => page.eval(`dispatchEvent(new Event('online'))`);
    const registrations = (page) => page.eval('navigator.serviceWorker.getRegistrations().then((all) => all.length)');
    const loads = () => Promise.all(pages.map((page) => front.loads(page)));
    before(async () => {
      front = await Front.open(name, { config: '' });
      pages = [await front.visit(), await front.visit()];
    });
    after(() => front?.close());

    test('a version that it requires takes over and reloads each page once, also one that holds', async () => {
      await pages[1].eval('offing.holdUpdate(), true');
      const manifest = await front.deploy();
      say({ require: 'latest', manifest });
      await listen(pages[0]);
      for (const page of pages) await front.shows(page, 2);
      assert.deepEqual(await loads(), [2, 2]);
    });

    test('nothing happens when the version is the one that is required', async () => {
      for (const page of pages) await listen(page);
      await front.browser.stopWorkers();
      for (const page of pages) await listen(page);
      await staysTrue('nobody is reloaded', async () => String(await loads()) === '2,2', 2_000);
    });

    test('a version that waits already takes over when it is required', async () => {
      say({});
      const manifest = await front.deploy();
      await front.look(pages[0]);
      await front.offered(pages[1], manifest);
      await front.browser.stopWorkers();
      say({ require: manifest });
      await listen(pages[0]);
      for (const page of pages) await front.shows(page, 3);
      assert.deepEqual(await loads(), [3, 3]);
    });

    test('a version that nobody has is asked for, and nothing breaks', async () => {
      say({ require: 'f'.repeat(32) });
      for (const page of pages) await listen(page);
      await staysTrue('nobody is reloaded', async () => String(await loads()) === '3,3', 2_000);
      assert.equal(await pages[0].eval('late()'), 'late part 3');
    });

    test('switched off, the worker leaves nothing behind, and the pages hear of it and go on', async () => {
      say({ kill: true, revision: 2 });
      front.answer('/sw.js', readFileSync(SAFETY), { type: 'text/javascript' });
      await listen(pages[0]);
      for (const page of pages) await until('the page was told', () => page.eval('killed === 1'));
      await until('no cache is left', async () => (await front.caches(pages[0])).length === 0);
      await until('no worker is left', async () => (await registrations(pages[0])) === 0);
      assert.deepEqual(await loads(), [3, 3]);
      for (const page of pages) await listen(page);
      assert.equal(await pages[0].eval(`fetch('/app.js').then(({ status }) => status)`), 200);
    });

    test('a page that is loaded meanwhile gets the safety worker, which goes at once', async () => {
      for (const page of pages) {
        await page.reload();
        await until('the page was told', () => page.eval('killed === 1'));
      }
      await sleep(1_000);
      assert.equal(await registrations(pages[0]), 0);
      assert.deepEqual(await front.caches(pages[0]), []);
      assert.deepEqual(await loads(), [4, 4]);
      assert.equal(await pages[0].eval('Boolean(navigator.serviceWorker.controller)'), false);
    });

    test('switched on again, the next page that is loaded has a worker', async () => {
      say({ revision: 3 });
      front.answer('/sw.js');
      const page = await front.visit();
      assert.equal((await front.caches(page, 'offing-precache-')).length, 1);
      assert.equal(await page.eval('killed'), 0);
    });
  });

  test(`where versions may take over by themselves, they wait until nobody looks, in ${name}`, async () => {
    const front = await Front.open(name, { config: AUTO });
    try {
      const hide = `Object.defineProperty(document, 'hidden', { value: true, configurable: true }), document.dispatchEvent(new Event('visibilitychange'))`;
      const page = await front.visit();
      const next = await front.deploy();
      await front.look(page);
      await front.offered(page, next);
      await page.eval(hide); // a page that says so falsely: the browser knows better
      await staysTrue('a page that is seen is left alone', async () => (await front.loads(page)) === 1, 1_500);
      const waits = () =>
        page.eval(`navigator.serviceWorker.getRegistration().then(({ waiting }) => Boolean(waiting))`);
      assert.equal(await waits(), true);
      await page.eval('delete document.hidden');
      const other = await front.browser.newPage();
      await other.bringToFront();
      await until('the page is hidden', () => page.eval('document.hidden'));
      await front.shows(page, 2);
      assert.equal(await front.loads(page), 2);
    } finally {
      await front.close();
    }
  });
}
