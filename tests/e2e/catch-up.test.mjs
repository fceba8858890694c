// The main job in front of a folder of files.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { until } from '../lib/until.mjs';
import { catchingUp } from './catching-up.mjs';
import { Scene } from './scene.mjs';

for (const name of browserNames) {
  catchingUp(`in ${name}`, () => Scene.open(name));

  describe(`a stopped worker in ${name}`, () => {
    let scene;
    before(async () => (scene = await Scene.open(name)));
    after(() => scene?.close());

    test('is started by the next ping and catches up, with nothing lost or doubled', async () => {
      await scene.publish(5);
      const page = await scene.visit();
      await scene.ready(page);
      await scene.showsAll([page]);
      await until('the socket is open', () => scene.sockets() === 1);
      for (let round = 0; round < 3; round++) {
        const publishing = scene.publish(30);
        await scene.browser.stopWorkers();
        await publishing;
        await scene.publish(10);
        // The page's ping, without waiting for its timer.
        await page.eval(`dispatchEvent(new Event('online'))`);
        await scene.showsAll([page], 20_000);
      }
      assert.ok(scene.sockets() >= 4, 'each worker had a socket of its own');
      const sum = await page.eval('calls.slice(1).reduce((all, { added }) => all + added, 0)');
      assert.ok(sum >= 120, `${sum} were announced as new`);
    });

    test('is started by the timer of a page alone', async () => {
      const page = await scene.visit();
      await scene.showsAll([page]);
      await scene.browser.stopWorkers();
      await scene.publish(10);
      await scene.showsAll([page], 30_000);
    });
  });
}
