import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { KeepAlive } from '../src/keep-alive.ts';
import { Presence, type State } from '../src/presence.ts';
import { FakeCaches, rest } from './fakes.ts';

const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

class Pages {
  open = 1;
  pulses = 0;
  slept = 0;
  waits = 0;
  readonly held: string[] = [];
  readonly keepAlive = new KeepAlive({
    windows: async () => {
      this.pulses++;
      return this.open;
    },
    empty: () => void this.slept++,
  });

  ping(name: string): void {
    this.held.push(name);
    const waitUntil = (promise: Promise<unknown>): void => {
      this.waits++;
      void promise.then(() => this.held.splice(this.held.indexOf(name), 1));
    };
    this.keepAlive.hold({ waitUntil });
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      mock.timers.tick(1_000);
      await settle();
    }
  }
}

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }));
afterEach(() => mock.timers.reset());

test('a ping is held open until the second next one', async () => {
  const pages = new Pages();
  for (const name of ['a', 'b', 'c', 'd']) pages.ping(name);
  await settle();
  assert.deepEqual(pages.held, ['c', 'd']);
});

test('no ping is held open once a beat finds no page', async () => {
  const pages = new Pages();
  pages.ping('a');
  pages.open = 0;
  await pages.pass(19);
  assert.deepEqual(pages.held, ['a']);
  await pages.pass(1);
  assert.deepEqual(pages.held, []);
});

test('a ping is held open for 120 s at most', async () => {
  const pages = new Pages();
  pages.ping('a');
  await pages.pass(119);
  assert.deepEqual(pages.held, ['a']);
  await pages.pass(1);
  assert.deepEqual(pages.held, []);
});

test('pages are asked for a ping every 20 s', async () => {
  const pages = new Pages();
  pages.ping('a');
  await pages.pass(61);
  assert.equal(pages.pulses, 3);
});

test('the connection is closed when there was no page for a minute, and the pulse ends', async () => {
  const pages = new Pages();
  pages.ping('a');
  await pages.pass(40);
  pages.open = 0;
  await pages.pass(59);
  assert.equal(pages.slept, 0);
  await pages.pass(200);
  assert.equal(pages.slept, 1);
  const { pulses } = pages;
  await pages.pass(100);
  assert.equal(pages.pulses, pulses);
  pages.open = 1;
  pages.ping('b');
  await pages.pass(20);
  assert.equal(pages.pulses, pulses + 1);
});

test('a worker that is to be replaced holds nothing', async () => {
  const pages = new Pages();
  pages.ping('a');
  pages.keepAlive.retire();
  await settle();
  assert.deepEqual(pages.held, []);
  pages.ping('b');
  assert.equal(pages.waits, 1);
});

test('a worker that starts without a network knows since when the server is gone', async () => {
  mock.timers.reset();
  Object.defineProperty(globalThis, 'caches', { value: new FakeCaches(), configurable: true });
  const told: State[] = [];
  const first = new Presence((state) => told.push(state));
  await first.set('1.1');
  await rest();
  const seen = told[0]?.since as number;
  const second = new Presence((state) => told.push(state));
  assert.equal(second.state, undefined);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await second.set('');
  assert.deepEqual(told, [
    { offing: 'state', online: true, since: seen, socket: '1.1' },
    { offing: 'state', online: false, since: seen, socket: '' },
  ]);
});
