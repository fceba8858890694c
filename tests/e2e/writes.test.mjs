// Writes of a page through the worker, in front of an origin that counts its own effects: answered by the real answer while there is a network, kept
// and sent once, in order, when there was none; plain forms as well.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { OutboxApp } from '../lib/outbox-app.mjs';
import { browserNames } from '../lib/pages.mjs';
import { until } from '../lib/until.mjs';
import { Scene } from './scene.mjs';

const CONFIG = `
[[outbox]]
match = "/api/*"
wait = "1s"
`;

for (const name of browserNames) {
  describe(`writes in ${name}`, () => {
    let scene;
    let app;
    let page;
    before(async () => {
      app = await OutboxApp.start();
      scene = await Scene.open(name, { site: 'writes', config: CONFIG, args: ['--origin', app.origin] });
      page = await open();
    });
    after(async () => {
      await scene?.close();
      await app?.kill();
    });

    const open = async () => {
      const opened = await scene.visit();
      await until(
        'the worker controls the page',
        () => opened.eval(`Boolean(window.offing && navigator.serviceWorker.controller)`),
        { timeout: 20_000 },
      );
      return opened;
    };
    const post = (path, body) =>
      page.eval(`fetch('${path}', { method: 'POST', body: '${body}' }).then(async (answer) => ({
        status: answer.status, queued: answer.headers.get('Offing-Queued'), text: await answer.text(), url: answer.url }))`);
    const entries = () => page.eval(`offing.outbox.entries()`);
    const effects = async () => (await app.state()).effects.map(({ target }) => target);
    const left = async () => (await entries()).filter(({ state }) => !/^(done|rejected)$/.test(state));

    test('while there is a network the page gets the answer itself', async () => {
      const { status, queued, text } = await post('/api/one', '1');
      assert.equal(status, 201);
      assert.equal(queued, null);
      assert.equal(JSON.parse(text).target, '/api/one');
      const [entry] = await entries();
      assert.equal(entry.state, 'done');
      assert.equal((await app.state()).effects[0].key, `"${entry.id}"`);
    });

    test('a refusal is the answer, too, and is set aside', async () => {
      assert.equal((await post('/api/no?status=422', 'x')).status, 422);
      assert.equal((await entries()).at(-1).state, 'rejected');
    });

    test('without a network a write is queued; all arrive once, in order, after the page was closed and opened again', async () => {
      const before = await effects();
      await scene.proxy.cut();
      for (const n of [1, 2, 3]) {
        const { status, queued, text } = await post('/api/cut', `${n}`);
        assert.equal(status, 202);
        assert.deepEqual(JSON.parse(text), { queued: true, id: queued });
      }
      await page.close();
      await scene.proxy.restore();
      page = await open();
      await until('nothing is left', async () => (await left()).length === 0, { timeout: 30_000 });
      const cut = (await app.state()).effects.slice(before.length);
      assert.deepEqual(
        cut.map((effect) => /seq=\d+/.exec(effect['offing-entry'])[0]),
        ['seq=1', 'seq=2', 'seq=3'],
      );
    });

    test('a plain form gets the page that the server answers with', async () => {
      await page.eval(`(document.querySelector('#plain').submit(), true)`);
      await until('the answer is shown', async () =>
        (await page.eval('document.body.innerText')).includes('/api/form'),
      );
      page = await open();
    });

    test('a plain form without a network shows that it is kept, and then what the server said; a reload writes nothing', async () => {
      const before = await effects();
      await scene.proxy.cut();
      await page.eval(
        `(document.querySelector('#plain').action = '/api/late', document.querySelector('#plain').submit(), true)`,
      );
      await until('it is kept', async () => /\/_offing\/queued/.test(await page.eval('location.href')), {
        timeout: 15_000,
      });
      assert.match(await page.eval('document.body.innerText'), /Saved on this device/);
      await scene.proxy.restore();
      await until('it has arrived', async () => (await effects()).includes('/api/late'), { timeout: 30_000 });
      await until(
        'the answer is shown',
        async () => (await page.eval('document.body.innerText')).includes('/api/late'),
        { timeout: 30_000 },
      );
      await page.reload();
      assert.equal((await effects()).length, before.length + 1);
      page = await open();
    });

    test('a form with a file arrives whole', async () => {
      await page.eval(`(() => {
        const file = new File([new Uint8Array(300_000)], 'a.bin');
        const transfer = new DataTransfer();
        transfer.items.add(file);
        document.querySelector('#file [type=file]').files = transfer.files;
        document.querySelector('#file').submit();
        return true;
      })()`);
      await until('it has arrived', async () => (await effects()).includes('/api/file'), { timeout: 20_000 });
      const effect = (await app.state()).effects.find(({ target }) => target === '/api/file');
      assert.match(effect['content-type'], /^multipart\/form-data; boundary=/);
      assert.ok(effect.length > 300_000);
      page = await open();
    });

    test('a redirect is followed, by a page and by a fetch', async () => {
      const answer = await post('/api/go?status=303', 'x');
      assert.match(answer.url, /\/notes\/\d+$/);
      await page.eval(
        `(document.querySelector('#plain').action = '/api/go?status=303', document.querySelector('#plain').submit(), true)`,
      );
      await until('the page is there', async () => /\/notes\/\d+$/.test(await page.eval('location.pathname')));
      page = await open();
    });
  });
}
