// Two tabs, hidden, for OFFING_E2E_MINUTES (default 10): every event reaches both, over the one socket that they had at the start.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { sleep, until } from '../lib/until.mjs';
import { difference, Scene } from './scene.mjs';

const MINUTES = Number(process.env.OFFING_E2E_MINUTES ?? 10);
const EVERY_MS = 30_000;
// Browsers let the timers of a page that has long been hidden run once a minute.
const HIDDEN_LAG_MS = 70_000;

describe(`${MINUTES} minutes hidden`, { concurrency: true }, () => {
  for (const name of browserNames) {
    test(`two tabs of ${name} keep one socket and miss nothing`, { timeout: (MINUTES + 4) * 60_000 }, async () => {
      const scene = await Scene.open(name);
      try {
        await hidden(scene);
      } finally {
        await scene.close();
      }
    });
  }
});

async function hidden(scene) {
  await scene.publish(5);
  const tabs = [await scene.visit()];
  await scene.ready(tabs[0]);
  tabs.push(await scene.visit());
  await scene.showsAll(tabs);
  await until('the socket is open', () => scene.sockets() === 1);
  const cover = await scene.browser.newPage();
  await cover.goto('about:blank');
  await cover.bringToFront();
  for (const tab of tabs) assert.equal(await tab.eval('document.visibilityState'), 'hidden');

  const end = Date.now() + MINUTES * 60_000;
  while (Date.now() < end) {
    await scene.publish(1);
    const arrived = async () => !difference(await scene.cached(tabs[0]), scene.expected);
    await until('the event is in the cache', arrived, { timeout: 5_000 });
    assert.equal(scene.sockets(), 1, `sockets: ${JSON.stringify(scene.asked().filter(({ ws }) => ws))}`);
    await sleep(Math.max(0, Math.min(EVERY_MS, end - Date.now())));
  }
  await scene.publish(1);
  await scene.showsAll(tabs, HIDDEN_LAG_MS);
  for (const tab of tabs) {
    assert.equal(await tab.eval('document.visibilityState'), 'hidden');
    await tab.bringToFront();
    await scene.publish(1);
    await scene.showsAll([tab], 5_000);
  }
  const ended = scene.asked().filter(({ ws }) => ws);
  assert.deepEqual(
    ended.map(({ ws }) => ws),
    ['open'],
    JSON.stringify(ended),
  );
  const fetched = scene.asked().filter(({ target }) => target === '/feed.json');
  assert.equal(fetched.length, 1, 'the feed was fetched at the first visit only');
}
