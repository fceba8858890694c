// The outbox where it matters: what is written while the server is away is there later, once, in order; from code, from a plain form, in a page
// that no worker controls; a conflict, and another user. The app behind is examples/notes.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { token } from '../../web/packages/offing/dist/server.mjs';
import { App } from '../lib/app.mjs';
import { APP } from '../lib/api.mjs';
import { tempFolder } from '../lib/ending.mjs';
import { browserNames, launch } from '../lib/pages.mjs';
import { freePort } from '../lib/ports.mjs';
import { ROOT } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';
import { folderOf, page } from './listings.mjs';
import { Scene } from './scene.mjs';

const CONFIG = `
[[outbox]]
match = "/notes*"
wait = "1s"
queued = "/queued.html"

[[channel]]
name = "notes"
log = { age = "7d", events = 10_000, bytes = "64MB" }

[[resource]]
path = "/notes.json"
channel = "notes"
apply = { note = "upsert:id", gone = "remove:id" }
from = "origin"
`;
const LIBRARY = `<script type="module">
  import * as offing from '/_offing/client.js';
  window.shown = [];
  window.told = [];
  for (const event of ['sent', 'rejected', 'conflict']) offing.outbox.on(event, ({ id }) => told.push(event + ' ' + id));
  offing.live('/notes.json', (notes, { pending }) => (window.shown = notes, window.pending = pending));
  window.write = (id, text, rev = 'none', next = text) => offing.outbox.post('/notes/' + id, { rev: next, text }, {
    method: 'PUT', lane: 'all', headers: { 'If-Match': '"' + rev + '"' },
    patch: { resource: '/notes.json', event: 'note', data: { id, text } } });
  window.offing = offing;
</script>`;
const SITE = {
  'index.html': page('notes', LIBRARY),
  'first.html': page(
    'first',
    `${LIBRARY}<script type="module">
      const { outbox } = await import('/_offing/client.js');
      window.first = (await outbox.post('/notes', new URLSearchParams({ text: 'of the first moment' }))).id;
    </script>`,
  ),
  'element.html': page(
    'element',
    `${LIBRARY}<script type="module" src="/_offing/outbox-element.js"></script><offing-outbox lane="all" queued="is kept"></offing-outbox>`,
  ),
  'form.html': page(
    'form',
    `<form method="post" action="/notes"><textarea name="text">of a form</textarea><button></button></form>`,
  ),
  'queued.html': page('queued', '<p>It is kept</p>'),
};

for (const name of browserNames) {
  describe(`the outbox in ${name}`, () => {
    let app;
    let scene;
    let tab;
    let other; // another browser
    const file = path.join(tempFolder('notes'), 'notes.json');
    before(async () => {
      const port = await freePort();
      const env = {
        NOTES_FILE: file,
        OFFING_APP: `${APP.id}:${APP.key}:${APP.secret}`,
        OFFING_SERVER: `http://127.0.0.1:${port}`,
      };
      app = await App.start({ args: [path.join(ROOT, 'examples/notes/app.mjs')], env, health: '/notes.json' });
      const serverOptions = { port };
      scene = await Scene.open(name, {
        site: folderOf(SITE),
        config: CONFIG,
        args: ['--origin', app.origin],
        serverOptions,
      });
      other = await launch(name);
      tab = await ready(await scene.visit());
    });
    after(async () => {
      await other?.close();
      await scene?.close();
      await app?.kill();
      rmSync(path.dirname(file), { recursive: true, force: true });
    });

    async function ready(page) {
      await until(
        'the worker controls the page',
        () => page.eval('Boolean(window.offing && navigator.serviceWorker.controller)'),
        { timeout: 20_000 },
      );
      return page;
    }
    async function elsewhere() {
      const page = await other.newPage();
      assert.equal(await page.goto(scene.proxy.origin), undefined);
      return ready(page);
    }
    // What the app has, oldest first.
    const stored = async () =>
      (await (await fetch(`${app.origin}/notes.json`)).json()).reverse().map(({ text }) => text);
    const texts = (page) => page.eval('shown.map(({ text }) => text)');
    const states = (page) => page.eval('offing.outbox.entries().then((all) => all.map(({ state }) => state))');
    const has = (...wanted) =>
      until(
        `the app has ${wanted}`,
        async () => {
          const found = await stored();
          return wanted.every((text) => found.includes(text));
        },
        { timeout: 40_000 },
      );

    test('what is written with a server is there, and the other browser sees it live', async () => {
      const page = await elsewhere();
      await tab.eval(`write('a', 'one')`);
      await has('one');
      await until('the other browser shows it', async () => (await texts(page)).includes('one'));
      await until('nothing is pending', () => tab.eval(`shown.length === 1 && pending === 0 && !shown[0].pending`));
      await page.close();
    });

    test('what is written without a server is shown as pending, outlives the page, and arrives once, in order', async () => {
      const page = await elsewhere();
      await scene.server.kill();
      for (const [id, text] of [
        ['b', 'two'],
        ['c', 'three'],
        ['d', 'four'],
      ])
        await tab.eval(`write('${id}', '${text}')`);
      await tab.eval(`write('c', 'three, again', 'three')`);
      await until('all is shown', () => tab.eval('pending === 4'));
      assert.equal(await tab.eval('shown.filter((each) => each.pending).length'), 3);
      assert.deepEqual((await texts(tab)).sort(), ['four', 'one', 'three, again', 'two']);
      await tab.close();
      await scene.server.run();
      tab = await ready(await scene.visit());
      await has('two', 'three, again', 'four');
      assert.deepEqual((await stored()).sort(), ['four', 'one', 'three, again', 'two']);
      await until('nothing is pending', () => tab.eval(`shown.length === 4 && pending === 0`));
      assert.ok((await states(tab)).every((state) => state === 'done'));
      await until('the other browser shows all', async () => (await texts(page)).length === 4, { timeout: 40_000 });
      await page.close();
    });

    test('a plain form is answered by the page for what is queued, and writes once, however often that is reloaded', async () => {
      const form = await scene.visit('/form.html');
      await scene.server.kill();
      await form.eval(`void document.querySelector('form').requestSubmit()`);
      await until('the page says that it is kept', () =>
        form.eval(`document.body.textContent.includes('It is kept')`).catch(() => false),
      );
      await form.reload();
      assert.match(await form.eval('location.pathname'), /^\/_offing\/queued/);
      await form.close();
      assert.ok(!(await stored()).includes('of a form'));
      await scene.server.run();
      await tab.reload();
      await ready(tab);
      await has('of a form');
      assert.equal((await stored()).filter((text) => text === 'of a form').length, 1);
    });

    test('a plain form with a server gets the page that it leads to', async () => {
      const form = await scene.visit('/form.html');
      await form.eval(`void document.querySelector('form').requestSubmit()`);
      await until('it has arrived', () =>
        form
          .eval(`location.pathname === '/plain' && document.body.textContent.includes('of a form')`)
          .catch(() => false),
      );
      await form.close();
    });

    test('a page that no worker controls yet writes, too', async () => {
      const fresh = await launch(name);
      const page = await fresh.newPage();
      await page.goto(`${scene.proxy.origin}/first.html`);
      await until('it is on the disk', () => page.eval('Boolean(window.first)'), { timeout: 20_000 });
      await has('of the first moment');
      const end = await page.eval('offing.outbox.settled(first).then(({ state }) => state)');
      assert.equal(end, 'done');
      await fresh.close();
    });

    test('a conflict waits for a person, and what is settled as mine takes its place', async () => {
      const page = await elsewhere();
      await scene.server.kill();
      await tab.eval(`write('a', 'mine', 'one')`);
      await tab.eval(`write('e', 'behind it')`);
      const answer = await fetch(`${app.origin}/notes/a`, {
        method: 'PUT',
        headers: { 'If-Match': '"one"', 'Content-Type': 'application/json' },
        body: JSON.stringify({ rev: 'theirs', text: 'theirs' }),
      });
      assert.equal(answer.status, 200);
      await scene.server.run();
      await tab.eval('offing.outbox.flush()');
      await until('there is a conflict', async () => (await states(tab)).includes('conflict'), { timeout: 40_000 });
      assert.ok(!(await stored()).includes('behind it'), 'its lane waits');
      await tab.eval(`(async () => {
        const { id } = (await offing.outbox.entries()).find(({ state }) => state === 'conflict');
        const { result } = await offing.outbox.entry(id);
        const merged = (await result.body.text()).replaceAll('theirs', 'both');
        await offing.outbox.resolve(id, 'mine', { body: merged, headers: { 'If-Match': result.headers.etag } });
      })()`);
      await has('both', 'behind it');
      await until('the other browser shows it', async () => (await texts(page)).includes('both'), { timeout: 40_000 });
      await page.close();
    });

    test('the element lists what waits, and has what was refused sent again or dropped', async () => {
      const page = await ready(await scene.visit('/element.html'));
      const rows = () =>
        page.eval(
          `[...document.querySelector('offing-outbox').shadowRoot.querySelectorAll('li')].map((row) => row.textContent)`,
        );
      const press = (part) =>
        page.eval(`document.querySelector('offing-outbox').shadowRoot.querySelector('${part}').click()`);
      await scene.server.kill();
      await page.eval(`write('h', 'h')`);
      await until('it is listed', async () => `${await rows()}` === 'PUT /notes/his keptDiscard');
      await press('button');
      await until('it is not listed any more', async () => (await rows()).length === 0);
      await scene.server.run();
      // Too long for the app: 413.
      await page.eval(`write('h', 'h'.repeat(1.2e6), 'none', 'h')`);
      await until('it says so', async () => /^PUT .*Was refusedSend againDiscard$/.test(await rows()), {
        timeout: 40_000,
      });
      await press('button[aria-label^="Discard"]');
      await until('it is gone', async () => (await rows()).length === 0);
      await page.close();
    });

    test("another user's entries are neither seen nor sent", async () => {
      const as = (user) => token(user, { app: `${APP.id}:${APP.key}:${APP.secret}` });
      await tab.eval(`(offing.auth(() => '${as('ann')}'), offing.setUser('ann'))`);
      await scene.server.kill();
      await tab.eval(`write('f', 'of ann')`);
      const before = await tab.eval('offing.outbox.entries().then((all) => all.length)');
      await tab.eval(`(offing.auth(() => '${as('bob')}'), offing.setUser('bob'))`);
      assert.ok((await tab.eval('offing.outbox.entries().then((all) => all.length)')) < before);
      await scene.server.run();
      await tab.eval(`write('g', 'of bob')`);
      await has('of bob');
      assert.ok(!(await stored()).includes('of ann'));
      await tab.eval(`(offing.auth(() => '${as('ann')}'), offing.setUser('ann'))`);
      await has('of ann');
      assert.ok(
        (await tab.eval(`offing.outbox.entries().then((all) => all.map(({ url }) => url))`)).every(
          (url) => !url.endsWith('/g'),
        ),
      );
    });
  });
}
