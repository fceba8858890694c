// The kill switch as an operator uses it, against real browsers: one command, and every worker is gone; another, and they come back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { runOffing } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';
import { Scene } from './scene.mjs';

for (const name of browserNames) {
  describe(`offing worker in ${name}`, () => {
    let scene;
    let page;
    before(async () => (scene = await Scene.open(name)));
    after(() => scene?.close());

    const offing = async (...args) => {
      const { server } = scene;
      const { code, stdout, stderr } = await runOffing([
        'worker',
        ...args,
        '--server',
        server.origin,
        '--app',
        server.credentials,
      ]);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const registrations = () => page.eval('navigator.serviceWorker.getRegistrations().then((all) => all.length)');
    const ours = () => page.eval(`caches.keys().then((names) => names.filter((one) => one.startsWith('offing-')))`);

    test('kill reaches a page that is open: its worker and its caches go', async () => {
      await scene.publish(3);
      page = await scene.visit();
      await scene.ready(page);
      await page.eval(`caches.open('theirs').then(() => true)`);
      await until('the socket is open', () => scene.sockets() > 0);
      assert.match(await offing('kill'), /1 connected client was told/);
      await until('nothing is registered', async () => (await registrations()) === 0, { timeout: 20_000 });
      await until('its caches are gone', async () => (await ours()).length === 0, { timeout: 20_000 });
      assert.equal(await page.eval(`caches.has('theirs')`), true, 'what is not ours stays');
    });

    test('a page that loads meanwhile works without a worker, and is left without one', async () => {
      await page.reload();
      await until('the feed is shown', async () => (await scene.shown(page)).length === 3, { timeout: 20_000 });
      await until('nothing is registered', async () => (await registrations()) === 0, { timeout: 20_000 });
    });

    test('revive: the next load has a worker again, and the feed is live', async () => {
      await offing('revive');
      await page.reload();
      await scene.ready(page);
      await scene.publish(2);
      await scene.showsAll([page]);
    });
  });
}
