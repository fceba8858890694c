// Writes that are sent while no page of the site is open: by Chromium's own `sync`, with nothing but a blank tab left; and by Firefox, which has
// no such thing, when a page is opened again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserNames, launch } from '../lib/pages.mjs';
import { readBack } from '../lib/read-back.mjs';
import { Server } from '../lib/server.mjs';
import { staysTrue, until } from '../lib/until.mjs';
import { folderOf, page } from './listings.mjs';

const CONFIG = `
[[channel]]
name = "notes"
log = { age = "7d", events = 10_000, bytes = "64MB" }
publish = "anyone"
`;
// As the browser does it, but for the delays: 2, 4, 8 seconds in place of 5 and 15 minutes.
const FAST = [
  '--force-fieldtrials=BackgroundSync/Fast/',
  '--force-fieldtrial-params=BackgroundSync.Fast:initial_retry_delay_sec/2/retry_delay_factor/2/max_sync_attempts/5/min_recovery_time_sec/1',
];
const PAGE = page(
  'notes',
  `<script type="module">import * as offing from '/_offing/client.js'; window.offing = offing;</script>`,
);
const CONTROLLED = 'Boolean(window.offing && navigator.serviceWorker.controller)';

for (const name of browserNames) {
  describe(`writes and a closed page in ${name}`, () => {
    let server;
    let browser;
    let blank;
    before(async () => {
      server = await Server.start({ site: folderOf({ 'index.html': PAGE }), config: CONFIG });
      browser = await launch(name, name === 'chromium' ? { flags: FAST } : {});
      blank = await browser.newPage();
      const first = await visit();
      await first.close();
    });
    after(async () => {
      await browser?.close();
      await server?.kill();
    });

    async function visit() {
      const tab = await browser.newPage();
      await tab.goto(`http://localhost:${server.port}/`);
      await until('the worker controls the page', () => tab.eval(CONTROLLED), { timeout: 20_000 });
      return tab;
    }
    const write = (tab, text) =>
      tab.eval(`offing.publish('notes', 'note', { text: '${text}' }).then(({ state }) => state)`);
    const arrived = async () => {
      const log = await readBack(server, 'notes');
      return (log?.events ?? []).map(({ data }) => JSON.parse(data).text);
    };

    if (name === 'chromium') {
      test('offline: they leave by themselves when the network is back, with only a blank tab open', async () => {
        const tab = await visit();
        await browser.setOffline(true);
        for (const text of ['one', 'two', 'three']) assert.equal(await write(tab, text), 'queued');
        await tab.close();
        await staysTrue('nothing is sent', async () => (await arrived()).length === 0, 1_000);
        await browser.setOffline(false);
        await until('they have arrived', async () => (await arrived()).length === 3, { timeout: 30_000 });
        assert.deepEqual(await arrived(), ['one', 'two', 'three']);
        assert.equal(await blank.eval('location.href'), 'about:blank');
      });

      test('a server that is away while the network is there: they leave at a later try of the browser', async () => {
        const tab = await visit();
        const before = await arrived();
        await server.kill();
        for (const text of ['four', 'five']) assert.equal(await write(tab, text), 'queued');
        await tab.close();
        await browser.stopWorkers();
        await server.run();
        await until('they have arrived', async () => (await arrived()).length === before.length + 2, {
          timeout: 45_000,
        });
        assert.deepEqual((await arrived()).slice(before.length), ['four', 'five']);
      });
      return;
    }

    test('they leave when a page is opened again, each once, in order', async () => {
      const tab = await visit();
      await server.kill();
      for (const text of ['one', 'two', 'three']) assert.equal(await write(tab, text), 'queued');
      await tab.close();
      await browser.stopWorkers();
      await server.run();
      assert.deepEqual(await arrived(), []);
      const next = await visit();
      await until('they have arrived', async () => (await arrived()).length === 3, { timeout: 30_000 });
      assert.deepEqual(await arrived(), ['one', 'two', 'three']);
      await next.close();
    });
  });
}
