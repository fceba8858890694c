// The main job as a person sees it: open once, lose the server, open again from the cache, and catch up over the socket alone. Said once, for every
// stage that it has to hold on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sleep, until } from '../lib/until.mjs';
import { difference, LIMIT } from './scene.mjs';

// where: how the stage is called; open: makes it.
export function catchingUp(where, open) {
  describe(`catching up ${where}`, () => {
    let scene;
    let first;
    let second;
    let fresh;
    let restarted;
    before(async () => (scene = await open()));
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
}
