// A random walk over everything that may happen to a server, a network, a worker and tabs. After every few steps all is let come to
// rest, and every tab and the cache must equal the publisher's record, with nothing fetched a second time.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserNames } from '../lib/pages.mjs';
import { sleep } from '../lib/until.mjs';
import { difference, Scene } from './scene.mjs';

const MINUTES = Number(process.env.OFFING_SOAK_MINUTES ?? 30);
const SEED = Number(process.env.OFFING_SOAK_SEED ?? Date.now() % 2 ** 32);

// A small generator with a seed (mulberry32), so that a walk can be repeated.
function generator(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

class Walk {
  tabs = [];
  up = true;
  connected = true;
  steps = [];

  constructor(scene, random) {
    this.scene = scene;
    this.random = random;
  }

  get #tab() {
    return this.tabs[this.random(this.tabs.length)];
  }

  moves = {
    publish: async () => this.up && this.scene.publish(1 + this.random(40)),
    kill: async () => this.up && ((this.up = false), this.scene.server.kill()),
    run: async () => !this.up && ((this.up = true), this.scene.server.run()),
    cut: async () => this.connected && ((this.connected = false), this.scene.proxy.cut()),
    restore: async () => !this.connected && ((this.connected = true), this.scene.proxy.restore()),
    stopWorkers: () => this.scene.browser.stopWorkers(),
    openTab: async () => this.tabs.length < 4 && this.tabs.push(await this.scene.visit()),
    closeTab: async () => this.tabs.length > 1 && this.tabs.splice(this.random(this.tabs.length), 1)[0].close(),
    reload: () => this.#tab.reload(),
    front: () => this.#tab.bringToFront(),
    wait: () => sleep(this.random(2_000)),
  };

  async step() {
    const names = Object.keys(this.moves);
    const name = names[this.random(names.length)];
    this.steps.push(name);
    await this.moves[name]();
  }

  // Everything is there again: every tab must show the whole record.
  async rest() {
    this.steps.push('rest');
    await this.moves.run();
    await this.moves.restore();
    for (const tab of this.tabs) {
      await tab.bringToFront();
      await this.scene.showsAll([tab], 90_000);
    }
    assert.equal(difference(await this.scene.cached(this.tabs[0]), this.scene.expected), '');
  }
}

describe(`${MINUTES} minutes at random, seed ${SEED}`, { concurrency: true }, () => {
  for (const name of browserNames) {
    test(name, { timeout: (MINUTES + 5) * 60_000 }, async () => {
      const scene = await Scene.open(name);
      const walk = new Walk(scene, generator(SEED));
      try {
        await scene.publish(5);
        walk.tabs.push(await scene.visit());
        await scene.ready(walk.tabs[0]);
        const end = Date.now() + MINUTES * 60_000;
        while (Date.now() < end) {
          for (let n = 0; n < 12; n++) await walk.step();
          await walk.rest();
          walk.steps.length = 0;
        }
        const fetched = scene.asked().filter(({ target }) => target === '/feed.json');
        assert.ok(fetched.length <= 2, `the feed was fetched ${fetched.length} times`);
      } catch (error) {
        error.message += `\nsteps: ${walk.steps.join(' ')}`;
        throw error;
      } finally {
        await scene.close();
      }
    });
  }
});
