import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { LiveInfo } from '../src/live.ts';

const A = '0123456789ab';

// A page with a worker at the other end: the test is the worker.
class Page {
  readonly sent: { offing: string; url?: string; wake?: boolean }[] = [];
  readonly stored = new Map<string, [position: string, value: unknown]>();
  readonly shown = new Map<string, [position: string, value: unknown]>(); // with one patch
  readonly document = Object.assign(new EventTarget(), { hidden: false });
  readonly container = Object.assign(new EventTarget(), {
    controller: {},
    startMessages: () => undefined,
    getRegistration: async () => ({
      active: {
        scriptURL: 'https://app.test/sw.js',
        addEventListener: () => undefined,
        postMessage: (message: never) => this.sent.push(message),
      },
    }),
  });
  reads = 0;

  install(): void {
    const match = async (path: string, { cacheName }: { cacheName: string }): Promise<Response | undefined> => {
      const shown = cacheName === 'offing-shown';
      if (!shown) this.reads++;
      const found = (shown ? this.shown : this.stored).get(path);
      const headers = { 'Offing-Position': found?.[0] ?? '', ...(shown && { 'Offing-Pending': '1' }) };
      return found && new Response(JSON.stringify(found[1]), { headers });
    };
    const globals = {
      document: this.document,
      location: new URL('https://app.test/here/'),
      caches: { match },
      navigator: { serviceWorker: this.container, onLine: true },
      addEventListener: () => undefined,
      setInterval: () => 0,
    };
    for (const [name, value] of Object.entries(globals))
      Object.defineProperty(globalThis, name, { value, configurable: true });
  }

  hears(message: object): void {
    this.container.dispatchEvent(Object.assign(new Event('message'), { data: message }));
  }

  update(path: string, seq: number, value: unknown, added = 0, reset = false): void {
    this.stored.set(path, [`${A}:${seq}`, value]);
    this.hears({ offing: 'update', url: path, position: `${A}:${seq}`, added, reset });
  }
}

const page = new Page();
page.install();
const { live } = await import('../src/live.ts');
const { onState, state } = await import('../src/state.ts');

const rest = (ms = 0): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms)).then(() => new Promise((resolve) => setImmediate(resolve)));

let serial = 0;
let path: string;
beforeEach(() => {
  path = `/r${serial++}`;
  page.document.hidden = false;
  page.sent.length = 0;
});

function watch(): { calls: [unknown, LiveInfo][]; close(): void } {
  const calls: [unknown, LiveInfo][] = [];
  const { close } = live(path, (value, info) => calls.push([value, info]));
  return { calls, close };
}

test('the cached value is shown at once, and the worker is told', async () => {
  page.stored.set(path, [`${A}:4`, ['x']]);
  const { calls } = watch();
  await rest();
  assert.equal(calls.length, 1);
  const [value, info] = calls[0] as [unknown, LiveInfo];
  assert.deepEqual(value, ['x']);
  assert.deepEqual([info.position, info.added, info.reset, info.live], [`${A}:4`, 0, false, true]);
  assert.deepEqual(page.sent, [{ offing: 'live', url: path }]);
});

test('an answer of the worker about what is shown already is no news', async () => {
  page.stored.set(path, [`${A}:4`, []]);
  const { calls } = watch();
  await rest();
  page.update(path, 4, []);
  await rest();
  assert.equal(calls.length, 1);
});

test('updates are counted, and several at once come in one call', async () => {
  page.stored.set(path, [`${A}:4`, []]);
  const { calls } = watch();
  await rest();
  for (let seq = 5; seq <= 9; seq++) page.update(path, seq, seq, 1);
  await rest();
  assert.equal(
    calls.reduce((sum, [, { added }]) => sum + added, 0),
    5,
  );
  assert.equal(calls.at(-1)?.[0], 9);
  assert.ok(calls.length <= 3, `${calls.length} calls`);
});

test('a burst that is read before its messages came is counted once and whole', async () => {
  page.stored.set(path, [`${A}:4`, []]);
  const { calls } = watch();
  await rest();
  page.stored.set(path, [`${A}:10`, []]); // put twice: up to 7, then up to 10
  page.hears({ offing: 'update', url: path, position: `${A}:7`, added: 3, reset: false });
  await rest();
  page.hears({ offing: 'update', url: path, position: `${A}:10`, added: 3, reset: false });
  await rest();
  page.update(path, 11, [], 1);
  await rest();
  assert.deepEqual(
    calls.slice(1).map(([, { added }]) => added),
    [6, 1],
  );
});

test('events that the first value held already are not counted again', async () => {
  page.stored.set(path, [`${A}:8`, []]);
  const { calls } = watch();
  await rest();
  page.update(path, 10, [], 6); // five to ten, of which we have seen up to eight
  await rest();
  assert.equal(calls[1]?.[1].added, 2);
});

test('events that have no operation move the position and are not counted', async () => {
  page.stored.set(path, [`${A}:8`, []]);
  const { calls } = watch();
  await rest();
  page.update(path, 20, [], 3);
  await rest();
  assert.equal(calls[1]?.[1].added, 3);
});

test('a copy that was fetched whole says so', async () => {
  page.stored.set(path, [`${A}:8`, []]);
  const { calls } = watch();
  await rest();
  page.update(path, 8, ['mended'], 0, true);
  await rest();
  assert.deepEqual(calls[1]?.[0], ['mended']);
  assert.equal(calls[1][1].reset, true);
});

test('a hidden page is called once a second, with all that was added', async () => {
  page.stored.set(path, [`${A}:0`, []]);
  const { calls } = watch();
  await rest();
  page.document.hidden = true;
  for (let seq = 1; seq <= 20; seq++) page.update(path, seq, seq, 1);
  await rest(100);
  assert.equal(calls.length, 1);
  await rest(1_000);
  assert.deepEqual(
    calls.map(([, { added }]) => added),
    [0, 20],
  );
});

test('a page that comes to the front is up to date at once', async () => {
  page.stored.set(path, [`${A}:0`, []]);
  const { calls } = watch();
  await rest();
  page.stored.set(path, [`${A}:7`, 'missed']); // the page was frozen, the message is lost
  page.document.dispatchEvent(new Event('visibilitychange'));
  await rest();
  assert.deepEqual(calls.at(-1)?.[0], 'missed');
  assert.equal(calls.at(-1)?.[1].added, 7);
  assert.ok(page.sent.some(({ offing, wake }) => offing === 'ping' && wake));
});

test('a pulse is answered by a ping, and what is not cached yet is asked for again', async () => {
  watch();
  await rest();
  page.sent.length = 0;
  page.hears({ offing: 'pulse' });
  assert.ok(page.sent.some(({ offing }) => offing === 'ping'));
  assert.ok(page.sent.some(({ url }) => url === path));
});

test('after close there are no more calls', async () => {
  page.stored.set(path, [`${A}:0`, []]);
  const { calls, close } = watch();
  await rest();
  close();
  page.update(path, 1, [], 1);
  await rest();
  assert.equal(calls.length, 1);
});

test('a callback that throws does not stop the next call', async () => {
  const errors: unknown[] = [];
  Object.defineProperty(globalThis, 'reportError', {
    value: (error: unknown) => errors.push(error),
    configurable: true,
  });
  page.stored.set(path, [`${A}:0`, []]);
  let calls = 0;
  live(path, () => {
    calls++;
    throw new Error('mine');
  });
  await rest();
  page.update(path, 1, [], 1);
  await rest();
  assert.equal(calls, 2);
  assert.equal(errors.length, 2);
});

test('the state is known to who asks later', () => {
  const seen: boolean[] = [];
  page.hears({ offing: 'state', online: true, since: 5, socket: '1.1' });
  const off = onState(({ online }) => seen.push(online));
  page.hears({ offing: 'state', online: false, since: 6, socket: '' });
  off();
  page.hears({ offing: 'state', online: true, since: 7, socket: '1.2' });
  assert.deepEqual(seen, [true, false]);
  assert.deepEqual(state(), { online: true, since: 7, socket: '1.2' });
});

test('what is not to be kept is shown once, as the server has it, and asked for by the page alone', async () => {
  const asked: string[] = [];
  globalThis.fetch = async (url) => {
    asked.push(String(url));
    return new Response('["for one user"]', { headers: { 'Content-Type': 'application/json' } });
  };
  const { calls, close } = watch();
  await rest();
  for (let i = 0; i < 3; i++) page.hears({ offing: 'update', url: path, position: '', added: 0, reset: false });
  await rest();
  assert.deepEqual(asked, [path]);
  assert.deepEqual(
    calls.map(([value, { live: isLive, position }]) => [value, isLive, position]),
    [[['for one user'], false, '']],
  );
  page.update(path, 5, ['for everybody'], 0, true);
  await rest();
  assert.deepEqual(calls.at(-1)?.[0], ['for everybody'], 'it became live');
  page.hears({ offing: 'update', url: path, position: '', added: 0, reset: false });
  await rest();
  assert.equal(asked.length, 1);
  close();
});

test('what is pending is shown at once, counted, and goes when it is there', async () => {
  page.stored.set(path, [`${A}:4`, ['x']]);
  const { calls } = watch();
  await rest();
  page.shown.set(path, [`${A}:4`, ['y', 'x']]);
  page.hears({ offing: 'update', url: path, position: `${A}:4`, added: 0, reset: false, pending: 1 });
  await rest();
  page.shown.delete(path);
  page.update(path, 5, ['y', 'x'], 1);
  await rest();
  assert.deepEqual(
    calls.map(([value, { pending, added }]) => [value, pending, added]),
    [
      [['x'], 0, 0],
      [['y', 'x'], 1, 0],
      [['y', 'x'], 0, 1],
    ],
  );
});

test('a pending write that is dropped is shown no more', async () => {
  page.stored.set(path, [`${A}:4`, ['x']]);
  page.shown.set(path, [`${A}:4`, ['y', 'x']]);
  const { calls } = watch();
  await rest();
  page.shown.delete(path);
  page.hears({ offing: 'update', url: path, position: `${A}:4`, added: 0, reset: false, pending: 0 });
  await rest();
  assert.deepEqual(
    calls.map(([value, { pending }]) => [value, pending]),
    [
      [['y', 'x'], 1],
      [['x'], 0],
    ],
  );
});
