// The main job as a person sees it: open once, lose the server, open again from the cache, and catch up over the socket alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { sleep, until } from '../lib/until.mjs';
import { difference, LIMIT, Scene } from './scene.mjs';

for (const name of browserNames) {
  describe(`catching up in ${name}`, () => {
    let scene;
    let first;
    let second;
    let fresh;
    let restarted;
    before(async () => (scene = await Scene.open(name)));
    after(() => scene?.close());

    test('the first visit shows the feed, installs the worker and caches both', async () => {
      await scene.publish(20);
      first = await scene.visit();
      await scene.showsAll([first]);
      await scene.ready(first);
      assert.deepEqual(
        first.messages.filter(({ type }) => ['warning', 'warn', 'error', 'exception'].includes(type)),
        [],
      );
    });

    test('events appear by themselves in two tabs, and both hear how many are new', async () => {
      second = await scene.visit();
      await scene.showsAll([first, second]);
      const news = (page) => page.eval('Number(document.body.dataset.news)');
      const before = await Promise.all([first, second].map(news));
      await scene.publish(7);
      await scene.showsAll([first, second]);
      for (const [n, page] of [first, second].entries()) assert.equal((await news(page)) - before[n], 7);
    });

    test('two tabs, a reload and a hidden tab share one socket', async () => {
      await first.reload();
      await second.bringToFront();
      await scene.publish(3);
      await scene.showsAll([first, second]);
      await sleep(1_500);
      assert.equal(scene.sockets(), 1);
    });

    test('with the server killed and the network cut, page and feed open in a fresh tab', async () => {
      await scene.server.kill();
      await scene.proxy.cut();
      const page = await scene.visit();
      await scene.showsAll([page]);
      assert.equal(await page.eval('document.title'), 'feed');
      await until('the page knows that it is offline', () => page.eval(`document.body.dataset.online === 'false'`));
      await page.close();
    });

    test('the server is back, the browser is not: 500 events later a fresh tab shows what it had', async () => {
      restarted = scene.server.mark();
      await scene.server.run();
      const had = [...scene.expected];
      await scene.publish(500);
      fresh = await scene.visit();
      await until('the feed is shown', async () => (await scene.shown(fresh)).length > 0);
      assert.equal(difference(await scene.shown(fresh), had), '');
      // A second after each navigation browsers ask whether there is a new worker. Cut off, they ask nobody.
      await sleep(5_000);
      assert.deepEqual(scene.asked(restarted), []);
    });

    test('once the network is back, all 500 are shown in every tab, in order, once each, without a reload', async () => {
      const loads = () => Promise.all([first, second, fresh].map((page) => page.eval('performance.timeOrigin')));
      const before = await loads();
      await scene.proxy.restore();
      await scene.showsAll([first, second, fresh], 45_000);
      assert.deepEqual(await loads(), before);
      const calls = await fresh.eval('calls');
      assert.ok(
        calls.every(({ reset }) => !reset),
        'patched, not fetched',
      );
      assert.equal(
        calls.slice(1).reduce((sum, { added }) => sum + added, 0),
        500,
      );
    });

    test("the whole access log since the restart holds the publisher's calls and one socket, nothing else", async () => {
      await sleep(2_000);
      const log = scene.server.log(restarted);
      const calls = log.filter(({ target }) => target.startsWith('/apps/1/'));
      const rest = log.filter(({ target }) => !target.startsWith('/apps/1/'));
      assert.equal(calls.length, 50);
      assert.deepEqual(
        rest.map(({ method, ws, status }) => [method, ws, status]),
        [['GET', 'open', 101]],
        JSON.stringify(rest, null, 1),
      );
    });

    test("a fresh offline tab equals the publisher's record, beyond the limit too", async () => {
      await scene.publish(120);
      await scene.showsAll([first, second, fresh]);
      assert.equal(scene.expected.length, LIMIT);
      assert.ok(scene.record.length > LIMIT);
      await scene.proxy.cut();
      const page = await scene.visit();
      await scene.showsAll([page]);
      assert.equal(difference(await scene.cached(page), scene.expected), '');
      await scene.proxy.restore();
    });
  });

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
