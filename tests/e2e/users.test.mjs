// What is kept for one user is never shown to another: log-in, log-out by whatever way, answers that were under way.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { sleep, until } from '../lib/until.mjs';
import { Meddler } from './meddler.mjs';
import { Scene } from './scene.mjs';

const CONFIG = `
[worker]
logout = ["/logout"]

[[route]]
match = "/me.json"
strategy = "network-first"
cache = "me"
per_user = true

[[route]]
match = "/news.json"
strategy = "network-first"
cache = "news"
`;
const hash = (user) => createHash('sha256').update(user).digest('hex').slice(0, 16);

for (const name of browserNames) {
  describe(`users in ${name}`, () => {
    let scene;
    let page;
    let session = ''; // the cookie's, as the server sees it
    let gate = Promise.resolve();
    before(async () => {
      scene = await Scene.open(name, { site: 'accounts', proxy: Meddler, config: CONFIG });
      const json = (response, value) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      scene.proxy.answers.set('/me.json', async (request, response) => {
        const mine = session;
        await gate;
        return mine ? json(response, { user: mine }) : response.writeHead(401).end();
      });
      scene.proxy.answers.set('/news.json', (request, response) => json(response, 'news'));
      page = await open();
    });
    after(() => scene?.close());

    const open = async () => {
      const opened = await scene.visit();
      await until('the worker is there', () => opened.eval('offing.ready'), { timeout: 20_000 });
      await until('it controls the page', () => opened.eval('Boolean(navigator.serviceWorker.controller)'));
      return opened;
    };
    const caches = () =>
      page.eval(`caches.keys().then((names) => names.filter((name) => /^offing-(user|run)-/.test(name)).sort())`);
    const get = (path) =>
      page.eval(
        `fetch('${path}').then(async (answer) => answer.ok ? answer.text() : String(answer.status), () => 'nothing')`,
      );
    const offline = (on) => {
      for (const path of ['/me.json', '/news.json']) {
        const answer = scene.proxy.answers.get(path);
        scene.proxy.answers.set(
          path,
          on ? Object.assign((request, response) => response.destroy(), { answer }) : answer.answer,
        );
      }
    };
    const logIn = async (user) => {
      session = user;
      await page.eval(`offing.setUser('${user}').then(() => true)`);
    };
    const stored = (what) => until(what, async () => (await caches()).includes(`offing-user-${hash(session)}-me`));

    test('while nobody is logged in nothing per user is kept', async () => {
      session = 'somebody';
      assert.equal(await get('/me.json'), '{"user":"somebody"}');
      assert.equal(await get('/news.json'), '"news"');
      await until('what is for everybody is kept', async () => (await caches()).includes('offing-run-news'));
      assert.deepEqual(await caches(), ['offing-run-news']);
    });

    test("a user's answers are kept in the user's own cache and shown offline", async () => {
      await logIn('anna');
      await get('/me.json');
      await stored('it is kept');
      offline(true);
      assert.equal(await get('/me.json'), '{"user":"anna"}');
      offline(false);
    });

    test('the same user again keeps them, also after the worker was stopped', async () => {
      await scene.browser.stopWorkers();
      await logIn('anna');
      assert.ok((await caches()).includes(`offing-user-${hash('anna')}-me`));
    });

    test('another user wipes them, and what is for everybody stays', async () => {
      await logIn('ben');
      assert.deepEqual(await caches(), ['offing-run-news']);
      offline(true);
      assert.equal(await get('/me.json'), 'nothing');
      assert.equal(await get('/news.json'), '"news"');
      offline(false);
    });

    test('an answer that was under way when the user changed is not kept', async () => {
      let open = () => undefined;
      gate = new Promise((resolve) => (open = resolve));
      await page.eval(`globalThis.late = fetch('/me.json').then((answer) => answer.text()), true`);
      await sleep(300);
      await logIn('carl');
      await logIn('ben');
      open();
      gate = Promise.resolve();
      assert.equal(await page.eval('late'), '{"user":"ben"}', 'the page that asked gets its answer');
      await sleep(500);
      assert.equal(await page.eval(`caches.match('/me.json').then(Boolean)`), false);
    });

    for (const [how, status, script] of [
      ['fetch', 204, `fetch('/logout', { method: 'POST' }).then(({ status }) => status)`],
      ['a request that is answered by a redirect', 303, `fetch('/logout').then(({ url }) => url)`],
    ]) {
      test(`a log-out by ${how} wipes everything of the user before the page hears of it`, async () => {
        await logIn('anna');
        await get('/me.json');
        await stored('it is kept');
        scene.proxy.answers.set('/logout', (request, response) => {
          session = '';
          response.writeHead(status, { location: '/' }).end();
        });
        assert.deepEqual(
          await page.eval(
            `${script}.then(() => caches.keys()).then((names) => names.filter((name) => name.startsWith('offing-user-')))`,
          ),
          [],
        );
        offline(true);
        assert.equal(await get('/me.json'), 'nothing');
        offline(false);
      });
    }

    test('a log-out by a form that leads elsewhere does, too', async () => {
      await logIn('anna');
      await get('/me.json');
      await stored('it is kept');
      await page.eval(`globalThis.left = true, document.querySelector('button').click()`);
      await until('the page is there again', () =>
        page.eval(`location.pathname === '/' && !globalThis.left && Boolean(globalThis.offing)`),
      );
      await until('nothing is left', async () => !(await caches()).some((each) => each.startsWith('offing-user-')));
    });

    test('a log-out that fails wipes nothing', async () => {
      await logIn('anna');
      await get('/me.json');
      await stored('it is kept');
      scene.proxy.answers.set('/logout', (request, response) => response.writeHead(500).end());
      assert.equal(await page.eval(`fetch('/logout', { method: 'POST' }).then(({ status }) => status)`), 500);
      assert.ok((await caches()).includes(`offing-user-${hash('anna')}-me`));
    });

    test('logout() says so without a server', async () => {
      await page.eval('offing.logout().then(() => true)');
      assert.deepEqual(await caches(), ['offing-run-news']);
      const state = await page.eval('offing.report()');
      assert.equal(state.user, undefined);
    });
  });
}
