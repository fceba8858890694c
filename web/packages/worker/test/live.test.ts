import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Config, type Json, LIVE_CACHE } from '@offing/protocol';
import { LiveCache } from '../src/live-cache.ts';
import { MAX_QUEUE } from '../src/live-document.ts';
import { Live, MAX_LIVE } from '../src/live.ts';
import { FakeCaches, FakeLine, rest } from './fakes.ts';

const A = '0123456789ab';
const DEFINITION = 'd0d0d0d0';

interface Answer {
  position: string;
  value: Json;
  status?: number;
  definition?: string;
}

const config: Config = {
  version: '0.1.0', app: 'KEY', manifest: 'm', precache: [], maxBytes: 1e6,
  resources: [
    { path: '/feed.json', channel: 'feed', apply: { '*': 'append', flush: 'invalidate' }, initial: [], definition: DEFINITION },
    { path: '/last.json', channel: 'feed', apply: { '*': 'replace' }, initial: null, definition: DEFINITION },
    { path: '/rooms/:id', channel: 'room-:id', apply: { '*': 'append' }, limit: 3, initial: [], definition: DEFINITION },
  ],
};

// One life of a worker; several may share the caches.
class Life {
  readonly caches: FakeCaches;
  readonly line = new FakeLine();
  readonly fetches: string[] = [];
  readonly updates: [path: string, position: string, added: number, reset: boolean][] = [];
  readonly reports: string[] = [];
  readonly server = new Map<string, Answer>();
  readonly live: Live;
  offline = false;

  constructor(caches = new FakeCaches()) {
    this.caches = caches;
    this.live = new Live(config, {
      cache: new LiveCache(caches.storage),
      lock: (_, run) => run(),
      fetch: (path) => this.#fetch(path),
      updated: (...update) => this.updates.push(update),
      connection: (connection) => {
        queueMicrotask(() => (this.line.connection = connection()));
        return this.line;
      },
      state: () => undefined,
      report: (code, detail) => this.reports.push(`${code}: ${detail}`),
    });
  }

  async #fetch(path: string): Promise<Response> {
    this.fetches.push(path);
    await Promise.resolve();
    const answer = this.server.get(path);
    if (this.offline) throw new TypeError('Failed to fetch');
    if (!answer) return new Response('', { status: 404 });
    return new Response(JSON.stringify(answer.value), {
      status: answer.status ?? 200,
      headers: { 'Content-Type': 'application/json', 'Offing-Position': answer.position, ETag: `"${answer.position}-${answer.definition ?? DEFINITION}"` },
    });
  }

  get cache() {
    return this.caches.store(LIVE_CACHE);
  }

  async stored(path: string): Promise<[position: string, value: Json]> {
    const response = await this.cache.match(path);
    assert.equal(response?.headers.get('ETag'), `"${response?.headers.get('Offing-Position')}-${DEFINITION}"`);
    return [response?.headers.get('Offing-Position') ?? '', (await response?.json()) as Json];
  }

  // Shows a URL, connects, and is subscribed where the copy stands.
  async shown(path: string, answer: Answer): Promise<void> {
    this.server.set(path, answer);
    await this.live.show(path);
    this.line.establish();
    await rest();
    const [event, data] = this.line.take()[0] as [string, Record<string, string>];
    assert.equal(event, 'pusher:subscribe');
    this.line.subscribed(data['channel'] as string, data['resume_after_id']);
  }
}

const subscribe = (channel: string, resume: string) => ['pusher:subscribe', { channel, resume_after_id: resume, on_gap: 'live' }];
const unsubscribe = (channel: string) => ['pusher:unsubscribe', { channel }];

test('a URL is fetched once, stored with its position and subscribed from there', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:3`, value: [1, 2, 3] });
  await life.live.show('/feed.json');
  await life.live.show('/feed.json');
  life.line.establish();
  await rest();
  assert.deepEqual(life.fetches, ['/feed.json']);
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:3`, [1, 2, 3]]);
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:3`)]);
});

test('two tabs that show a URL at the same moment fetch it once', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:3`, value: [] });
  await Promise.all([life.live.show('/feed.json'), life.live.show('/feed.json')]);
  assert.deepEqual(life.fetches, ['/feed.json']);
});

test('events patch the stored copy, in batches with one put each, and no request is made', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: '0:0', value: [] });
  const before = life.cache.puts;
  for (let seq = 1; seq <= 500; seq++) life.line.event('feed', `${A}:${seq}`, seq);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:500`, Array.from({ length: 500 }, (_, i) => i + 1)]);
  assert.ok(life.cache.puts - before <= 2, `${life.cache.puts - before} puts`);
  assert.equal(life.updates.reduce((sum, [, , added]) => sum + added, 0), 500);
  assert.deepEqual(life.fetches, ['/feed.json']);
  assert.deepEqual(life.line.take(), []);
});

test('a worker that was killed resumes from what is stored', async () => {
  const first = new Life();
  await first.shown('/feed.json', { position: `${A}:1`, value: [1] });
  first.line.event('feed', `${A}:2`, 2);
  await rest();
  const second = new Life(first.caches);
  await second.live.wake();
  second.line.establish();
  await rest();
  assert.deepEqual(second.line.take(), [subscribe('feed', `${A}:2`)]);
  second.line.subscribed('feed', `${A}:2`);
  second.line.event('feed', `${A}:3`, 3);
  await rest();
  assert.deepEqual(await second.stored('/feed.json'), [`${A}:3`, [1, 2, 3]]);
  assert.deepEqual(second.fetches, []);
});

test('a worker without live URLs does not connect', async () => {
  const life = new Life();
  await life.live.wake();
  assert.equal(life.line.opens, 0);
});

test('a hole is mended by resuming from the stored position', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.line.event('feed', `${A}:3`, 3);
  await rest();
  assert.deepEqual(life.line.take(), [unsubscribe('feed'), subscribe('feed', `${A}:1`)]);
  life.line.event('feed', `${A}:4`, 4); // still of the subscription before
  life.line.subscribed('feed', `${A}:1`);
  for (const seq of [2, 3, 4]) life.line.event('feed', `${A}:${seq}`, seq);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:4`, [1, 2, 3, 4]]);
  assert.deepEqual(life.fetches, ['/feed.json']);
});

test('a hole that does not mend is fetched after three tries, and then left alone until the next ping', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  for (let i = 0; i < 10; i++) {
    life.line.event('feed', `${A}:9`, 9);
    await rest();
    life.line.subscribed('feed', `${A}:1`);
    await rest();
  }
  assert.equal(life.line.take().filter(([event]) => event === 'pusher:subscribe').length, 3);
  assert.deepEqual(life.fetches, ['/feed.json', '/feed.json']);
  assert.match(life.reports.join(), /behind/);
});

test('one subscription serves all URLs of a channel, from the smallest position', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:10`, value: [] });
  life.server.set('/last.json', { position: `${A}:9`, value: 9 });
  await life.live.show('/feed.json');
  await life.live.show('/last.json');
  life.line.establish();
  await rest();
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:9`)]);
  life.line.subscribed('feed', `${A}:9`);
  life.line.event('feed', `${A}:10`, 'ten');
  life.line.event('feed', `${A}:11`, 'eleven');
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:11`, ['eleven']]);
  assert.deepEqual(await life.stored('/last.json'), [`${A}:11`, 'eleven']);
});

test('a URL that joins a live channel with an older copy is brought up to date', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:5`, value: [] });
  life.server.set('/last.json', { position: `${A}:4`, value: 4 }); // a node that is behind
  await life.live.show('/last.json');
  await rest();
  assert.deepEqual(life.line.take(), [unsubscribe('feed'), subscribe('feed', `${A}:4`)]);
});

test('events that come while the copy is fetched are neither lost nor doubled', async () => {
  const life = new Life();
  await life.shown('/last.json', { position: `${A}:5`, value: 5 });
  life.server.set('/feed.json', { position: `${A}:6`, value: [6] });
  const shown = life.live.show('/feed.json');
  await Promise.resolve();
  for (const seq of [6, 7, 8]) life.line.event('feed', `${A}:${seq}`, seq);
  await shown;
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:8`, [6, 7, 8]]);
  assert.deepEqual(life.line.take(), []);
});

test('ok:false: what is behind is fetched once, what is at the head is not', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:2`, value: [] });
  life.server.set('/last.json', { position: `${A}:9`, value: 9 });
  await life.live.show('/feed.json');
  await life.live.show('/last.json');
  life.line.establish();
  await rest();
  life.server.set('/feed.json', { position: `${A}:9`, value: ['whole'] });
  life.line.subscribed('feed', `${A}:9`, false);
  life.line.event('feed', `${A}:10`, 10);
  await rest();
  assert.deepEqual(life.fetches, ['/feed.json', '/last.json', '/feed.json']);
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:10`, ['whole', 10]]);
  assert.deepEqual(await life.stored('/last.json'), [`${A}:10`, 10]);
  assert.ok(life.updates.some(([path, , , reset]) => path === '/feed.json' && reset));
});

test('a copy of another epoch is fetched although its neighbour could resume', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:2`, value: [] });
  life.server.set('/last.json', { position: 'fedcba987654:7', value: 0 });
  await life.live.show('/feed.json');
  await life.live.show('/last.json');
  life.line.establish();
  await rest();
  life.server.set('/last.json', { position: `${A}:2`, value: 2 });
  life.line.subscribed('feed', `${A}:2`);
  await rest();
  assert.deepEqual(life.fetches, ['/feed.json', '/last.json', '/last.json']);
  assert.deepEqual(await life.stored('/last.json'), [`${A}:2`, 2]);
});

test('after a reconnection everything is subscribed again from what is stored', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.line.event('feed', `${A}:2`, 2);
  await rest();
  life.line.connection?.closed(1006, '');
  life.line.event('feed', `${A}:3`, 3); // from nowhere
  life.line.pass(life.line.due - life.line.clock);
  life.line.establish();
  await rest();
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:2`)]);
});

test('invalidate fetches the whole copy once', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.server.set('/feed.json', { position: `${A}:3`, value: ['fresh'] });
  life.line.event('feed', `${A}:2`, 2);
  life.line.event('feed', `${A}:3`, '', 'flush');
  life.line.event('feed', `${A}:4`, 4);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:3`, ['fresh']]);
  assert.deepEqual(life.line.take(), [unsubscribe('feed'), subscribe('feed', `${A}:3`)]);
  life.line.subscribed('feed', `${A}:3`);
  life.line.event('feed', `${A}:4`, 4);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:4`, ['fresh', 4]]);
  assert.deepEqual(life.fetches, ['/feed.json', '/feed.json']);
});

test('an invalidate whose fetch fails keeps the copy before it, and is tried again with the next ping', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.offline = true;
  life.line.event('feed', `${A}:2`, '', 'flush');
  for (let seq = 3; seq < 10; seq++) life.line.event('feed', `${A}:${seq}`, seq);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:1`, [1]]);
  assert.equal(life.fetches.length, 2, 'it does not hammer');
  life.offline = false;
  life.server.set('/feed.json', { position: `${A}:8`, value: ['fresh'] });
  await life.live.wake();
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:9`, ['fresh', 9]]);
});

test('a URL that could not be fetched is fetched when the connection is there', async () => {
  const life = new Life();
  life.offline = true;
  life.server.set('/feed.json', { position: `${A}:1`, value: [1] });
  assert.equal(await life.live.show('/feed.json'), undefined);
  life.offline = false;
  await life.live.wake();
  life.line.establish();
  await rest();
  assert.deepEqual(life.updates, [['/feed.json', `${A}:1`, 0, true]]);
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:1`)]);
});

test('what the server does not have is not cached, nor asked for again', async () => {
  const life = new Life();
  assert.equal(await life.live.show('/rooms/none'), undefined);
  await life.live.wake();
  assert.deepEqual(life.fetches, ['/rooms/none']);
  assert.equal(life.cache.entries.size, 0);
});

test('a server in trouble does not cost the copy', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.server.set('/feed.json', { position: '', value: null, status: 503 });
  life.line.event('feed', `${A}:2`, '', 'flush');
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:1`, [1]]);
});

test('a path that is no live resource is left alone', async () => {
  const life = new Life();
  assert.equal(await life.live.show('/other.json'), undefined);
  assert.equal(life.live.isLive('/other.json'), false);
  assert.deepEqual(life.fetches, []);
});

test('a copy that was folded by other rules is fetched when the worker starts', async () => {
  const first = new Life();
  await first.shown('/feed.json', { position: `${A}:1`, value: ['old rules'], definition: 'aaaaaaaa' });
  const second = new Life(first.caches);
  second.server.set('/feed.json', { position: `${A}:1`, value: ['new rules'] });
  await second.live.wake();
  await rest();
  assert.deepEqual(second.fetches, ['/feed.json']);
  assert.deepEqual(await second.stored('/feed.json'), [`${A}:1`, ['new rules']]);
});

test('a copy that the server folds by rules that this worker has not is fetched, never patched', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: ['theirs'], definition: 'aaaaaaaa' });
  life.server.set('/feed.json', { position: `${A}:2`, value: ['theirs', 'theirs'], definition: 'aaaaaaaa' });
  life.line.event('feed', `${A}:2`, 'ours');
  await rest();
  const stored = await life.cache.match('/feed.json');
  assert.deepEqual(await stored?.json(), ['theirs', 'theirs']);
  assert.equal(life.fetches.length, 2);
});

test('a full disk leaves the copy as it was, and the events come again', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.cache.full = true;
  life.line.event('feed', `${A}:2`, 2);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:1`, [1]]);
  assert.match(life.reports.join(), /cache: .*Quota/);
  life.cache.full = false;
  life.line.connection?.closed(1006, '');
  life.line.pass(life.line.due - life.line.clock);
  life.server.set('/feed.json', { position: `${A}:2`, value: [1, 2] });
  life.line.establish();
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:2`, [1, 2]]);
});

test('more events than may wait: the first are applied, the rest is asked for again', async () => {
  const life = new Life();
  await life.shown('/rooms/a', { position: '0:0', value: [] });
  const applied = MAX_QUEUE + 1; // one is being applied while the others wait
  for (let seq = 1; seq <= applied + 100; seq++) life.line.event('room-a', `${A}:${seq}`, seq);
  await rest();
  assert.deepEqual(await life.stored('/rooms/a'), [`${A}:${applied}`, [applied - 2, applied - 1, applied]]);
  assert.deepEqual(life.line.take(), [unsubscribe('room-a'), subscribe('room-a', `${A}:${applied}`)]);
});

test('the URL that was shown longest ago makes room, and its channel is left', async () => {
  const life = new Life();
  const count = MAX_LIVE + 1;
  for (let i = 0; i < count; i++) life.server.set(`/rooms/${i}`, { position: '0:0', value: [] });
  await life.live.show('/rooms/0');
  life.line.establish();
  for (let i = 1; i < MAX_LIVE; i++) await life.live.show(`/rooms/${i}`);
  await rest();
  await life.live.show('/rooms/0');
  life.line.take();
  await life.live.show(`/rooms/${MAX_LIVE}`);
  await rest();
  assert.equal(life.cache.entries.size, MAX_LIVE);
  assert.equal(await life.cache.match('/rooms/1'), undefined);
  assert.ok(await life.cache.match('/rooms/0'));
  assert.deepEqual(life.line.take(), [unsubscribe('room-1'), subscribe(`room-${MAX_LIVE}`, '0:0')]);
});

test('a channel without a log, and one that is refused, are told and not asked for again', async () => {
  const life = new Life();
  life.server.set('/rooms/a', { position: '0:0', value: [] });
  life.server.set('/rooms/b', { position: '0:0', value: [] });
  await life.live.show('/rooms/a');
  await life.live.show('/rooms/b');
  life.line.establish();
  await rest();
  life.line.take();
  life.line.subscribed('room-a');
  life.line.frame({ event: 'pusher:subscription_error', channel: 'room-b', data: { error: 'not yours', status: 401 } });
  await life.live.wake(true);
  await rest();
  assert.deepEqual(life.line.take(), []);
  assert.deepEqual(life.reports, ['subscription: room-a: the channel has no log', 'subscription: room-b: not yours']);
});

test('a copy that somebody deleted is left, not made up', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.cache.entries.clear();
  life.line.event('feed', `${A}:2`, 2);
  await rest();
  assert.equal(life.cache.entries.size, 0);
  assert.deepEqual(life.line.take(), [unsubscribe('feed')]);
});
