// A real Express app that serves its own pages and makes the feed from its own store, with Offing in front: events between the position and
// the body, in both forms, in real browsers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { sleep, until } from '../lib/until.mjs';
import { difference } from './scene.mjs';
import { OriginScene } from './origin-scene.mjs';

const COPY = `caches.match('/feed.json', { cacheName: 'offing-live' })`;

for (const name of browserNames) {
  for (const form of ['keyed', 'exact']) {
    describe(`a feed of an origin in ${name}, ${form}`, () => {
      let scene;
      let page;
      before(async () => (scene = await OriginScene.open(name, { form })));
      after(() => scene?.close());

      const asked = async () => (await scene.app.state()).asked;
      // The page, the copy and the app's store are the same.
      const agrees = async () => {
        await scene.showsAll([page]);
        const theirs = (await scene.app.items()).map((item) => JSON.stringify(item));
        assert.equal(difference(await scene.cached(page), theirs), '');
      };

      test('a first visit while the app is slow, and events meanwhile that its answer holds', async () => {
        await scene.publish(20);
        await scene.app.hold('before');
        page = await scene.visit();
        await scene.app.waits();
        await scene.publish(7);
        await scene.app.hold();
        await agrees();
        await scene.ready(page);
      });

      test('events meanwhile that its answer does not hold', async () => {
        await scene.app.hold('after');
        await page.eval(`caches.delete('offing-live').then(() => void fetch('/feed.json'))`);
        await scene.app.waits();
        await scene.publish(7);
        await scene.app.hold();
        await agrees();
      });

      test('some of both: one batch before the body is read, one after', async () => {
        await scene.app.hold('before');
        await page.eval(`caches.delete('offing-live').then(() => void fetch('/feed.json'))`);
        await scene.app.waits();
        await scene.publish(15);
        await scene.app.hold('after');
        await scene.app.waits();
        await scene.publish(15);
        await scene.app.hold();
        await agrees();
      });

      test('from then on events patch the copy, and nobody asks the app', async () => {
        const before = await asked();
        await scene.publish(12);
        await agrees();
        await scene.app.remove(JSON.parse(scene.record[3]).n);
        scene.record.splice(3, 1);
        await agrees();
        assert.equal(await asked(), before);
      });

      test('page and feed open with everything gone, and catch up without asking the app', async () => {
        // What the app serves is cached by the second visit: the first began before there was a worker.
        await page.reload();
        await agrees();
        const before = await asked();
        await scene.proxy.cut();
        await scene.publish(40);
        const offline = await scene.visit();
        await until('the feed is shown', async () => (await scene.shown(offline)).length > 0);
        const lost = await scene.visit('/a/page/never/seen');
        const heading = await lost.eval(`document.querySelector('h1').textContent`);
        assert.equal(heading, 'the server is away', "the app's own page for that, kept at installation");
        await lost.close();
        await scene.proxy.restore();
        await scene.showsAll([page, offline], 45_000);
        await agrees();
        await offline.close();
        assert.equal(await asked(), before);
      });

      test('an answer for one user is shown and never kept', async () => {
        await scene.app.answers({ cache: 'private' });
        await page.eval(`caches.delete('offing-live').then(() => true)`);
        const status = await page.eval(`fetch('/feed.json').then(({ status }) => status)`);
        assert.equal(status, 200);
        assert.equal(await page.eval(`${COPY}.then(Boolean)`), false);
        const before = await asked();
        await sleep(2_000);
        assert.equal(await asked(), before, 'and not asked for again by itself');
        await scene.app.answers();
        await page.eval(`fetch('/feed.json').then(({ status }) => status)`);
        assert.equal(await page.eval(`${COPY}.then(Boolean)`), true, 'it is live again once it is for everybody');
        await scene.publish(3);
        await agrees();
      });
    });
  }
}
