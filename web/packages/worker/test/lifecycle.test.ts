import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Config } from '@offing/protocol';
import { Control } from '../src/control.ts';
import { Lifecycle } from '../src/lifecycle.ts';
import { Tabs } from '../src/lifecycle-tabs.ts';
import { silence } from '../src/memory.ts';
import { Precache } from '../src/precache.ts';
import { note, report } from '../src/report.ts';
import { statePage } from '../src/state-page.ts';
import { rest } from './fakes.ts';
import { Origin } from './origin.ts';

let origin: Origin;
beforeEach(() => {
  origin = new Origin();
  silence(false);
});

const configOf = (manifest: string): Config => ({
  version: '0.1.0',
  app: 'KEY',
  manifest,
  precache: [],
  resources: [{ path: '/feed.json', channel: 'feed', apply: {}, initial: [] }],
  maxBytes: 0,
});

// A version of the worker.
function version(manifest: string): { tabs: Tabs; lifecycle: Lifecycle; control: Control; told: string[] } {
  const config = configOf(manifest);
  const tabs = new Tabs(manifest);
  const told: string[] = [];
  const lifecycle = new Lifecycle(config, {
    precache: new Precache(config, origin.caches.storage, () => Promise.reject(new Error('nothing is fetched'))),
    tabs,
    send: async (message) => told.push(JSON.stringify(message)),
    retire: () => told.push('retire'),
  });
  const control = new Control({
    off: async () => void told.push('off'),
    on: async (required) => {
      told.push(`on ${required}`);
      if (required) await lifecycle.require(required);
    },
  });
  return { tabs, lifecycle, control, told };
}

const takesOver = async (manifest: string) => {
  const found = version(manifest);
  await found.lifecycle.install();
  await found.lifecycle.activate();
  await rest();
  return found;
};
const precaches = (): string[] => origin.names.filter((name) => name.startsWith('offing-precache-'));

test('the first version has no tabs of others', async () => {
  origin.open('a');
  const { tabs } = await takesOver('m1');
  assert.equal(tabs.of('a'), undefined);
  assert.deepEqual(precaches(), ['offing-precache-m1']);
});

test('tabs that are open when another version takes over belong to the one before, also for a worker that starts anew', async () => {
  origin.open('a', 'b');
  await takesOver('m1');
  await takesOver('m2');
  origin.open('a', 'b', 'c');
  const { tabs } = await takesOver('m3');
  assert.deepEqual([tabs.of('a'), tabs.of('b'), tabs.of('c'), tabs.of('d')], ['m1', 'm1', 'm2', undefined]);
  const anew = new Tabs('m3');
  await anew.loaded;
  assert.deepEqual([anew.of('a'), anew.of('c')], ['m1', 'm2']);
  assert.deepEqual(precaches(), ['offing-precache-m1', 'offing-precache-m2', 'offing-precache-m3']);
});

test('the files of a version go with its last tab', async () => {
  origin.open('a', 'b');
  await takesOver('m1');
  const { tabs } = await takesOver('m2');
  origin.open('b');
  await tabs.clean();
  assert.deepEqual(precaches(), ['offing-precache-m1', 'offing-precache-m2']);
  origin.open('c');
  await tabs.clean();
  assert.deepEqual(precaches(), ['offing-precache-m2']);
  assert.equal(tabs.of('b'), undefined);
});

test('nothing is deleted while another version waits, which may be the one of the tabs', async () => {
  origin.open('a');
  await takesOver('m1');
  const { tabs } = await takesOver('m2');
  await version('m1').lifecycle.install();
  origin.waiting = true;
  origin.open();
  await tabs.clean();
  assert.deepEqual(precaches(), ['offing-precache-m1', 'offing-precache-m2']);
  origin.waiting = false;
  await takesOver('m1');
  assert.deepEqual(precaches(), ['offing-precache-m1']);
});

test('a page that came newer from the network is none of the version before', async () => {
  origin.open('a');
  const first = await takesOver('m1');
  first.tabs.add('new');
  await rest();
  origin.open('a', 'new');
  const { tabs } = await takesOver('m2');
  assert.deepEqual([tabs.has('new'), tabs.has('a'), tabs.of('a')], [true, false, 'm1']);
});

test('a page that is loaded through the new version is of it, before and after its activation', async () => {
  origin.open('a', 'b');
  await takesOver('m1');
  const next = version('m2');
  await next.lifecycle.install();
  await rest();
  next.tabs.claim('b');
  await next.lifecycle.activate();
  assert.deepEqual([next.tabs.of('a'), next.tabs.of('b')], ['m1', undefined]);
  next.tabs.claim('a');
  assert.equal(next.tabs.of('a'), undefined);
  await next.tabs.clean();
  assert.deepEqual(precaches(), ['offing-precache-m2']);
});

test('requests that come before the activation wait for it', async () => {
  origin.open('a');
  await takesOver('m1');
  const next = version('m2');
  await next.lifecycle.install();
  await rest();
  assert.equal(next.tabs.ready, false);
  const known = next.tabs.loaded.then(() => next.tabs.of('a'));
  await next.lifecycle.activate();
  assert.equal(await known, 'm1');
});

test('the pages are told to reload if the version was asked for, and not otherwise', async () => {
  for (const [mode, reload] of [
    ['asked', ['{"offing":"reload","forced":false,"mode":"asked","version":"m1"}']],
    [undefined, []],
  ] as const) {
    const { lifecycle, told } = version('m1');
    await lifecycle.takeOver(mode);
    await lifecycle.activate();
    assert.deepEqual(told, ['retire', ...reload]);
  }
});

test('the first version that ever is reloads nobody', async () => {
  origin.active = false;
  const { lifecycle, told } = version('m1');
  await lifecycle.takeOver('forced');
  await lifecycle.activate();
  assert.deepEqual(told, ['retire']);
});

test('by itself a version takes over only if no page is seen and none holds', async () => {
  const { lifecycle } = version('m1');
  origin.open('a');
  await lifecycle.takeOver('quiet');
  origin.windows = [{ id: 'a', visibilityState: 'hidden' }];
  origin.held = [{ name: 'offing:hold' }];
  await lifecycle.takeOver('quiet');
  assert.deepEqual(origin.done, []);
  origin.held = [];
  await lifecycle.takeOver('quiet');
  assert.deepEqual(origin.done, ['skipWaiting']);
});

test('copies of resources that the configuration has no more are dropped', async () => {
  const live = origin.caches.store('offing-live');
  await live.put('/feed.json', new Response('[]'));
  await live.put('/gone.json', new Response('[]'));
  await takesOver('m1');
  assert.deepEqual([...live.entries.keys()], ['https://app.test/feed.json']);
});

test('files that the browser has taken away come back', async () => {
  const { lifecycle } = await takesOver('m1');
  await origin.caches.delete('offing-precache-m1');
  await lifecycle.heal();
  assert.deepEqual(precaches(), ['offing-precache-m1']);
});

const word = (members: object) => async (): Promise<Response> => Response.json(members);

test('the control record is read once a minute, whatever starts the worker', async () => {
  let asked = 0;
  origin.control = () => (asked++, word({ kill: true })());
  const first = version('m1');
  assert.equal(await first.control.check(), true);
  const second = version('m1');
  await second.control.check();
  await second.control.check();
  assert.deepEqual([asked, first.told, second.told], [1, ['off'], ['off']]);
  await second.control.check(true);
  assert.equal(asked, 2);
});

test('in doubt whether the server is there it is asked, however lately it was', async () => {
  origin.control = word({});
  const { control } = version('m1');
  assert.equal(await control.check(), true);
  origin.control = async () => Promise.reject(new TypeError('away'));
  assert.equal(await control.check(), true);
  control.doubt();
  assert.deepEqual([await control.check(), await control.check()], [false, false]);
  origin.control = word({});
  assert.equal(await control.check(), true);
});

test('a record that cannot be read changes nothing', async () => {
  const { control, told } = version('m1');
  assert.equal(await control.check(), false);
  for (const [answer, there] of [
    [() => new Response('<html>log in', { status: 200 }), false],
    [() => new Response('', { status: 404 }), true],
    [() => new Response('', { status: 503 }), false],
  ] as const) {
    origin.control = async () => answer();
    assert.equal(await control.check(), there);
  }
  assert.deepEqual(told, []);
});

test('a version that is required looks for it, and has the one that waits take over', async () => {
  const { control } = version('m1');
  origin.waiting = true;
  await control.hear({ kill: false, require: 'latest', revision: 1, manifest: 'm2' });
  assert.deepEqual([origin.done, origin.posted], [['update'], [{ offing: 'update', mode: 'forced' }]]);
});

test('the required version takes over as soon as it is installed, and the one in use does nothing', async () => {
  const { control } = version('m2');
  await control.hear({ kill: false, require: 'm2', revision: 1, manifest: 'm2' });
  assert.deepEqual(origin.done, []);
  const next = version('m2');
  await next.lifecycle.install();
  await next.control.obey();
  assert.deepEqual(origin.done, ['skipWaiting']);
});

test('the last fifty errors are kept, and the report escapes them', async () => {
  for (let i = 0; i < 60; i++) await note({ offing: 'error', code: 'fetch', detail: `<script>${i}` });
  const found = await report(configOf('m1'));
  assert.deepEqual([found.errors.length, found.errors[0]?.detail], [50, '<script>10']);
  assert.deepEqual(
    found.caches.map(({ name }) => name),
    ['offing-state'],
  );
  const page = await statePage(found, false).text();
  assert.ok(page.includes('&lt;script>59') && !page.includes('<script'));
  assert.deepEqual(await statePage(found, true).json(), JSON.parse(JSON.stringify(found)));
});
