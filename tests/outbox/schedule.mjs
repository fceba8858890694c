// One schedule: writes from two tabs and a worker of one browser, while contexts are killed, the server is killed with -9, the network loses,
// doubles and cuts what passes, and the origin fails. What the user was told is written down outside of everything that is under test.
import { readBack } from '../lib/read-back.mjs';
import { Server } from '../lib/server.mjs';
import { sleep, until } from '../lib/until.mjs';
import { Device } from './device.mjs';
import { FaultyProxy } from './faulty-proxy.mjs';
import { REFUSED, Shop } from './shop.mjs';

const LANES = ['a', 'b', 'c'];
const FINAL = { done: 'sent', rejected: 'rejected' };
const CONFIG = `
[[channel]]
name = "*"
log = { age = "7d", events = 10_000, bytes = "64MB" }
publish = "anyone"
`;
const NEW_KEY = (headers) => ({
  ...headers,
  'idempotency-key': `"${crypto.randomUUID()}"`,
  'offing-entry': `client="x"`,
});

export class Schedule {
  steps = [];
  posted = []; // {id, lane, n, known: the user was told that it is kept}
  #contexts = [];

  // withOrigin: the writes are an origin's affair; else they go to channels. sabotage: see sabotage.mjs.
  constructor({ engine, random, faults, withOrigin, sabotage = '' }) {
    Object.assign(this, { engine, random, faults, withOrigin, sabotage });
  }

  // What is wrong, in words; [] if nothing is.
  async run() {
    const { random, faults } = this;
    this.shop = this.withOrigin ? await Shop.start(random, faults) : undefined;
    const args = this.shop ? ['--origin', this.shop.origin] : [];
    this.server = await Server.start({ site: '', config: CONFIG, args });
    this.proxy = await FaultyProxy.start(this.server.port, random, faults);
    if (this.sabotage === 'dedupe') this.proxy.spoil = NEW_KEY;
    this.device = new Device(this.engine, this.proxy.origin, random, this.sabotage);
    for (let count = 0; count < 3; count++) this.#contexts.push(this.device.open());
    try {
      this.#rates(0.3);
      for (let step = random.between(15, 30); step > 0; step--) {
        await this.#step();
        // What was written is under way while the next thing happens.
        if (random.chance(0.7)) await sleep(random.between(1, 60));
      }
      return await this.#end();
    } finally {
      for (const context of this.device.contexts) context.kill();
      await this.proxy.stop();
      await this.server.kill();
      await this.shop?.stop();
    }
  }

  #rates(rate) {
    this.proxy.rate = rate;
    if (this.shop) this.shop.rate = rate / 2;
  }

  async #step() {
    const { random } = this;
    const what = random.fraction();
    if (what < 0.6) return this.#post();
    if (what < 0.72) return this.#killContext();
    if (what < 0.8) return this.#killServer();
    if (what < 0.88) return this.#cutNetwork();
    this.steps.push('wait');
    await sleep(random.between(1, 80));
  }

  async #post() {
    const index = this.random.between(0, this.#contexts.length - 1);
    const lane = this.random.pick(LANES);
    const one = { id: crypto.randomUUID(), lane, n: this.posted.length + 1, known: false };
    this.posted.push(one);
    this.steps.push(`post ${one.n} in ${lane}`);
    const url = this.withOrigin ? '/orders' : `/_offing/channels/orders/events`;
    const data = { lane, n: one.n };
    const body = new Blob([JSON.stringify(this.withOrigin ? data : { name: 'order', data })], {
      type: 'application/json',
    });
    const stored = this.#contexts[index].call((outbox) => outbox.post({ id: one.id, url, body, lane }));
    stored.then(() => (one.known = true)).catch(() => {});
    // Killed in the middle of it, or the user waits until it is kept.
    if (this.random.chance(0.15)) {
      await sleep(this.random.between(0, 3));
      await this.#killContext(index);
    } else await stored;
  }

  async #killContext(index = this.random.between(0, this.#contexts.length - 1)) {
    this.steps.push('kill a context');
    this.faults.struck('context killed');
    this.#contexts[index].kill();
    this.#contexts[index] = this.device.open();
  }

  async #killServer() {
    this.steps.push('kill the server');
    this.faults.struck('server killed');
    await this.server.kill();
    await this.server.run();
  }

  async #cutNetwork() {
    this.steps.push('cut the network');
    this.faults.struck('network cut');
    this.proxy.cut();
    await sleep(this.random.between(1, 100));
    this.proxy.restore();
  }

  // Everything is well again: every entry comes to its end, and a page hears of it.
  async #end() {
    this.#rates(0);
    const page = this.#contexts[0];
    const untold = async () => {
      await page.call((outbox) => outbox.flush());
      const entries = await page.call((outbox) => outbox.entries());
      return entries.filter(({ state }) => !FINAL[state]);
    };
    const open = [];
    await until('every entry is final', async () => !(open.splice(0), open.push(...(await untold())), open.length), {
      timeout: 20_000,
      every: 20,
    }).catch(() => {});
    const ends = await page.call((outbox) => outbox.untold());
    await page.call((outbox) => outbox.untold(ends.map(({ id }) => id)));
    for (const { id, state } of ends) {
      this.device.told.set(id, [...(this.device.told.get(id) ?? []), FINAL[state]]);
    }
    const problems = open.map(({ id, state, problem }) => `${this.#name(id)} is left ${state}, ${problem}`);
    return [...problems, ...this.#check(await this.#effects())];
  }

  #name(id) {
    const one = this.posted.find((each) => each.id === id);
    return one ? `${one.n} in ${one.lane}` : id;
  }

  async #effects() {
    if (this.shop) return this.shop.effects;
    const log = await readBack(this.server, 'orders');
    return (log?.events ?? []).map(({ data }) => JSON.parse(data));
  }

  #check(effects) {
    const problems = this.device.doubles.map((key) => `${key} was under way twice at once`);
    for (const { id, lane, n, known } of this.posted) {
      const times = effects.filter((effect) => effect.n === n).length;
      const refused = this.withOrigin && REFUSED(n);
      if (times > 1) problems.push(`${n} in ${lane} took effect ${times} times`);
      if (known && !refused && times === 0) problems.push(`${n} in ${lane} is lost`);
      if (refused && times > 0) problems.push(`${n} in ${lane} was refused and took effect`);
      const told = this.device.told.get(id) ?? [];
      if (known && !told.includes(refused ? 'rejected' : 'sent')) problems.push(`nobody was told of ${n}: ${told}`);
    }
    for (const lane of LANES) {
      const order = effects.filter((effect) => effect.lane === lane).map(({ n }) => n);
      if (order.some((n, at) => at > 0 && n < order[at - 1])) problems.push(`lane ${lane} took effect as ${order}`);
    }
    return problems;
  }
}
