// Rows of docs/compared.md about operating the worker, each in real browsers: the switch on the server as an operator throws it, what
// is kept and whether it stays, what the worker shows of itself.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { runOffing } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';
import { folderOf, page } from './listings.mjs';
import { Scene } from './scene.mjs';

const HOME = page(
  'home',
  `<link rel="icon" href="data:,"><h1>first edition</h1><script type="module" src="/app.js"></script>`,
);
const APP = `import { live } from '/_offing/client.js';
live('/feed.json', () => {});
`;
const CONFIG = `
[[channel]]
name = "feed"
log = { age = "1d" }

[[resource]]
path = "/feed.json"
channel = "feed"
apply = "prepend"
`;
const FOLDER = { 'index.html': HOME, 'app.js': APP };

const open = (name, config = CONFIG, browserOptions = undefined) =>
  Scene.open(name, { site: folderOf(FOLDER), config, browserOptions });
const workers = (tab) => tab.eval('navigator.serviceWorker.getRegistrations().then((found) => found.length)');
const CONTROLLED = 'Boolean(navigator.serviceWorker.controller)';
const caches = (tab) => tab.eval(`caches.keys().then((names) => names.filter((each) => each.startsWith('offing-')))`);

const controlled = (tab) =>
  until('the worker controls the page', async () => (await tab.eval(CONTROLLED)) && (await caches(tab)).length > 0);

function edit(scene, file, from, to) {
  const full = path.join(scene.server.site, file);
  writeFileSync(full, readFileSync(full, 'utf8').replaceAll(from, to));
}

// The server has taken up what `change` did to its folder.
async function edited(scene, change) {
  const manifest = async () => (await (await fetch(`${scene.server.origin}/_offing/control`)).json()).manifest;
  const before = await manifest();
  change();
  await until('the server has seen the change', async () => (await manifest()) !== before);
}

async function command(scene, ...args) {
  const done = await runOffing(['worker', ...args, '--server', scene.server.origin, '--app', scene.server.credentials]);
  assert.equal(done.code, 0, done.stderr);
  return done.stdout;
}

for (const name of browserNames) {
  describe(`the switch on the server in ${name}`, () => {
    let scene;
    let tab;
    before(async () => (scene = await open(name)));
    after(() => scene?.close());

    test('a required version is taken up by open pages, with no worker deployed by anybody', async () => {
      tab = await scene.visit();
      await controlled(tab);
      await tab.eval('window.mark = true');
      await edited(scene, () => edit(scene, 'index.html', 'first', 'second'));
      await command(scene, 'require', 'latest');
      const heading = () => tab.eval(`document.querySelector('h1').textContent + (window.mark ? ', marked' : '')`);
      await until('the page is another', async () => (await heading()) === 'second edition', { timeout: 20_000 });
      assert.match(await command(scene, 'status'), /latest/);
    });

    test('a browser that was away when it was thrown ends its worker at the next visit', async () => {
      const visit = await scene.visit();
      await controlled(visit);
      await scene.browser.stopWorkers();
      await scene.proxy.cut();
      await visit.goto('about:blank');
      await command(scene, 'kill');
      await scene.proxy.restore();
      const back = await scene.visit();
      await until('no worker is left', async () => (await workers(back)) === 0, { timeout: 90_000, every: 500 });
      await until('no cache is left', async () => (await caches(back)).length === 0);
    });
  });

  const prefs = { 'dom.storageManager.prompt.testing': true, 'dom.storageManager.prompt.testing.allow': true };
  test(`persist() asks the browser, and storage() says what is kept and whether it stays, in ${name}`, async () => {
    const scene = await open(name, CONFIG, { prefs });
    try {
      const tab = await scene.visit();
      await controlled(tab);
      const report = () => tab.eval(`import('/_offing/client.js').then(({ storage }) => storage())`);
      const before = await report();
      assert.equal(before.persisted, false);
      assert.ok(before.usage > 0 && before.quota > before.usage, JSON.stringify(before));
      const precache = before.caches.find((each) => each.name.startsWith('offing-precache-'));
      assert.ok(precache.entries >= 3 && precache.bytes > 500, JSON.stringify(precache));
      if (name === 'chromium') {
        const permissions = { origin: scene.proxy.origin, permissions: ['durableStorage'] };
        await scene.browser.send('Browser.grantPermissions', permissions);
      }
      assert.equal(await tab.eval(`import('/_offing/client.js').then(({ persist }) => persist())`), true);
      assert.equal((await report()).persisted, true);
    } finally {
      await scene.close();
    }
  });

  test(`/_offing/state shows versions, caches, positions, the socket and the log, also offline, in ${name}`, async () => {
    const scene = await open(name);
    try {
      const tab = await scene.visit();
      await controlled(tab);
      await scene.ready(tab);
      await scene.publish(2);
      const position = (state) => state.live['/feed.json'];
      const ask = (each) => each.eval(`fetch('/_offing/state?json').then((found) => found.json())`);
      await until('both events are in', async () => /:2$/.test(position(await ask(tab))));
      assert.match((await ask(tab)).state.socket, /./);
      await scene.proxy.cut();
      const offline = await scene.visit('/_offing/state');
      const state = JSON.parse(await offline.eval(`document.querySelector('pre').textContent`));
      assert.match(state.version, /^\d+\.\d+\.\d+/);
      assert.match(state.manifest, /^[0-9a-f]{16}/);
      assert.match(position(state), /:2$/);
      assert.ok(state.caches.some((each) => each.name === 'offing-live' && each.entries === 1));
      assert.ok(Array.isArray(state.errors));
    } finally {
      await scene.close();
    }
  });
}
