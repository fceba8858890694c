import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

// A page with a version that is in use and perhaps one that waits: the test is both workers.
const sent: { to: string; message: Record<string, unknown>; port?: MessagePort }[] = [];
const worker = (name: string) =>
  Object.assign(new EventTarget(), {
    scriptURL: 'https://app.test/sw.js',
    postMessage: (message: Record<string, unknown>, ports?: MessagePort[]) =>
      sent.push({ to: name, message, ...(ports?.[0] && { port: ports[0] }) }),
  });
const registration = Object.assign(new EventTarget(), {
  active: worker('active'),
  waiting: null as ReturnType<typeof worker> | null,
  installing: null as ReturnType<typeof worker> | null,
  updates: 0,
  async update() {
    this.updates++;
  },
});
const container = Object.assign(new EventTarget(), {
  controller: {},
  startMessages: () => undefined,
  getRegistration: async () => registration,
});
const page = Object.assign(new EventTarget(), { hidden: false });
let reloads = 0;
let clock = 1e12;
const globals = {
  document: page,
  location: Object.assign(new URL('https://app.test/'), { reload: () => reloads++ }),
  navigator: {
    serviceWorker: container,
    onLine: true,
    vendor: 'Apple Computer, Inc.',
    locks: { request: async (_: string, __: object, run: () => Promise<void>) => run() },
  },
  matchMedia: () => ({ matches: false }),
  sessionStorage: {},
  addEventListener: () => undefined,
  setInterval: () => 0,
};
for (const [name, value] of Object.entries(globals))
  Object.defineProperty(globalThis, name, { value, configurable: true });
Date.now = () => clock;

const { holdUpdate, onChanged, onKilled, onUpdate, ready, setUser, storage, support } = await import('../src/index.ts');
await ready;

const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const hears = (message: object): boolean =>
  container.dispatchEvent(Object.assign(new Event('message'), { data: message }));
const told = (to: string, offing: string) => sent.filter((each) => each.to === to && each.message['offing'] === offing);
const seen = (hidden: boolean): void => {
  page.hidden = hidden;
  page.dispatchEvent(new Event('visibilitychange'));
};
let serial = 0;
let version: string;

// Another version has been installed and waits.
function waits(auto = false): void {
  version = `v${serial++}`;
  registration.installing = worker('waiting');
  registration.dispatchEvent(new Event('updatefound'));
  registration.waiting = registration.installing;
  registration.installing = null;
  registration.waiting.dispatchEvent(new Event('statechange'));
  hears({ offing: 'waiting', version, auto });
}

beforeEach(() => {
  sent.length = reloads = 0;
  page.hidden = false;
  registration.waiting = null;
});

test('a version that waits is offered once, and to who asks later', () => {
  const offered: string[] = [];
  const off = onUpdate((update) => offered.push(update.version));
  waits();
  hears({ offing: 'waiting', version, auto: false });
  assert.deepEqual(offered, [version]);
  assert.equal(told('waiting', 'waiting').length, 1);
  const later: string[] = [];
  onUpdate((update) => later.push(update.version))();
  assert.deepEqual(later, [version]);
  off();
  waits();
  assert.equal(offered.length, 1);
});

test('apply has it take over, and resolves when it has; the page is reloaded when it is told to, once', async () => {
  waits();
  let applied = false;
  onUpdate((update) => void update.apply().then(() => (applied = true)))();
  await rest();
  assert.deepEqual([told('waiting', 'update').length, applied, reloads], [1, false, 0]);
  container.dispatchEvent(new Event('controllerchange'));
  await rest();
  assert.equal(applied, true);
  for (let i = 0; i < 3; i++) hears({ offing: 'reload', mode: 'forced', version });
  assert.equal(reloads, 1);
});

test('a page that holds is reloaded when all of its holds are released', async () => {
  const [first, second] = [holdUpdate(), holdUpdate()];
  hears({ offing: 'reload', mode: 'asked', version: 'held' });
  first();
  first();
  await rest();
  assert.equal(reloads, 0);
  second();
  await rest();
  assert.equal(reloads, 1);
});

test('the server does not wait for a page that holds', async () => {
  const release = holdUpdate();
  hears({ offing: 'reload', mode: 'forced', version: 'required' });
  assert.equal(reloads, 1);
  release();
  await rest();
});

test('a version that came by itself reloads a page when nobody sees it', () => {
  hears({ offing: 'reload', mode: 'quiet', version: 'quiet' });
  assert.equal(reloads, 0);
  seen(true);
  assert.equal(reloads, 1);
  seen(false);
  assert.equal(reloads, 1);
});

test('a version may take over by itself once the page is hidden and does not hold', async () => {
  waits(true);
  assert.equal(told('waiting', 'update').length, 0);
  const release = holdUpdate();
  seen(true);
  assert.equal(told('waiting', 'update').length, 0);
  release();
  await rest();
  assert.deepEqual(
    told('waiting', 'update').map(({ message }) => message['mode']),
    ['quiet'],
  );
  seen(false);
  waits(false);
  seen(true);
  assert.equal(told('waiting', 'update').length, 1);
});

test('a page that comes to the front looks for a new version, once a minute at most', () => {
  const before = registration.updates;
  clock += 61_000;
  seen(false);
  seen(false);
  assert.equal(registration.updates, before + 1);
  clock += 30_000;
  seen(false);
  assert.equal(registration.updates, before + 1);
});

test('setUser resolves when the worker has wiped', async () => {
  let done = false;
  const set = setUser('anna').then(() => (done = true));
  await rest();
  assert.equal(done, false);
  const [asked] = told('active', 'user');
  assert.equal(asked?.message['id'], 'anna');
  asked?.port?.postMessage({ offing: 'user', user: 'x' });
  asked?.port?.close();
  await set;
});

test('the storage report has what the worker says, and warns where Safari would delete it', async () => {
  const asked = storage();
  await rest();
  const caches = [{ name: 'offing-live', entries: 1, bytes: 2 }];
  const port = told('active', 'report')[0]?.port;
  port?.postMessage({ offing: 'report', report: { caches } });
  const found = await asked;
  port?.close();
  assert.deepEqual([found.caches, found.persisted, found.usage], [caches, false, undefined]);
  assert.match(found.warning, /Safari/);
});

test('support() says what there is, and why not', () => {
  Object.defineProperty(globalThis, 'ServiceWorkerRegistration', { value: class {}, configurable: true });
  Object.defineProperty(globalThis, 'isSecureContext', { value: true, configurable: true });
  const found = support();
  assert.deepEqual(found.offline, { how: 'native', reason: '' });
  assert.deepEqual(found.backgroundSync, { how: 'fallback', reason: 'while a page is open' });
  assert.deepEqual(found.push, { how: 'none', reason: 'missing' });
});

test('a URL with a new body is told', () => {
  const changes: string[] = [];
  onChanged(({ url, cache }) => changes.push(`${cache} ${url}`));
  hears({ offing: 'changed', url: '/cat.jpg', cache: 'images' });
  assert.deepEqual(changes, ['images /cat.jpg']);
});

test('once the worker is switched off nothing is said to it or heard of it', () => {
  let killed = 0;
  onKilled(() => killed++);
  for (let i = 0; i < 3; i++) hears({ offing: 'killed' });
  sent.length = 0;
  seen(false);
  assert.deepEqual([killed, sent.length], [1, 0]);
});
