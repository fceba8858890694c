// One random schedule: a real server, a network that can be cut, the built runtime in a browser whose worker can be killed at any point, and
// publishers who keep a record of what was acknowledged. After the faults everything is let come to rest, and the record decides.
import { tempFolder } from '../lib/ending.mjs';
import { Ledger } from '../lib/ledger.mjs';
import { CuttableProxy } from '../lib/proxy.mjs';
import { readBack } from '../lib/read-back.mjs';
import { Server } from '../lib/server.mjs';
import { sleep, until } from '../lib/until.mjs';
import { Browser } from './browser.mjs';
import { POINTS } from './faults.mjs';
import { Watcher } from './watcher.mjs';

const LIMIT = 60;
const SHORT = 25; // events that the short log keeps
const CONFIG = `
[[channel]]
name = "feed"
log = { events = 100_000 }

[[channel]]
name = "short"
log = { events = ${SHORT} }

[[resource]]
path = "/feed.json"
channel = "feed"
apply = "prepend"
limit = ${LIMIT}

[[resource]]
path = "/short.json"
channel = "short"
apply = "prepend"
limit = ${LIMIT}
`;
const CHANNELS = ['feed', 'short'];

export class Schedule {
  #random;
  #faults;
  #options;
  #ledger = new Ledger();
  #acknowledged = new Map(CHANNELS.map((channel) => [channel, new Map()]));
  #watchers = new Map();
  #publishing = new Set();
  #published = 0;
  #opened = 0;
  #up = true;
  #online = true;
  steps = [];

  constructor(random, faults, options = {}) {
    this.#random = random;
    this.#faults = faults;
    this.#options = options;
    for (const channel of CHANNELS)
      this.#watchers.set(channel, new Watcher(channel, LIMIT, this.#acknowledged.get(channel)));
  }

  // What is wrong in the end.
  async run() {
    this.server = await Server.start({
      config: CONFIG,
      site: tempFolder('site'),
      args: ['--threads', '1'],
      bin: this.#options.bin,
    });
    this.network = await CuttableProxy.start(this.server.port);
    this.browser = new Browser(`http://127.0.0.1:${this.network.port}`, this.#faults, this.#options);
    try {
      await this.browser.install();
      await this.#publish('feed', 3);
      this.#openPage();
      const count = this.#random.between(12, 30);
      for (let n = 0; n < count; n += 1) await this.#step();
      return [...(await this.#rest()), ...(await this.#verdict())];
    } finally {
      this.browser.close();
      await this.network.cut();
      await this.server.kill();
    }
  }

  get events() {
    return this.#ledger.acknowledged;
  }
  get shown() {
    return [...this.#watchers.values()].reduce((sum, watcher) => sum + watcher.shown, 0);
  }

  #openPage() {
    const page = this.browser.openPage((library) => {
      for (const channel of CHANNELS) library.live(`/${channel}.json`, this.#watchers.get(channel).page());
    });
    page.number = this.#opened++;
  }

  #moves = {
    publish: () => void this.#begin(this.#random.pick(CHANNELS), this.#random.between(1, 12)),
    kill: async () => this.#up && this.#killServer(),
    killPublishing: async () =>
      this.#up &&
      (this.#begin('feed', 60), this.#begin('short', 60), await sleep(this.#random.between(1, 60)), this.#killServer()),
    run: async () => !this.#up && this.#runServer(),
    cut: async () => this.#online && this.#cut('network cut'),
    breakOff: async () => this.#online && this.#breakOff(),
    restore: async () => !this.#online && this.#restore(),
    killWorker: async () =>
      this.browser.running && (this.#faults.struck('worker killed at rest'), this.browser.killWorker()),
    armWorker: async () =>
      this.browser.arm(this.#random.pick(POINTS), this.#random.pick(['before', 'after']), this.#random.between(1, 4)),
    armWorkerAndPublish: async () => (this.#moves.armWorker(), this.#moves.publish()),
    armWorkerAndReturn: async () => (
      this.#moves.armWorker(),
      this.browser.running && this.#online && (await this.#cut('network cut'), await this.#restore())
    ),
    page: async () => this.browser.pages.size < 3 && this.#openPage(),
    closePage: async () => this.browser.pages.size > 1 && this.#random.pick([...this.browser.pages]).close(),
    ping: async () => this.#ping(),
    outlast: async () => this.#random.chance(0.5) && this.#outlast(),
    wait: () => sleep(this.#random.between(20, 300)),
  };

  async #step() {
    // `kills`: the server dies while it commits, again and again.
    const name = this.#random.pick(this.#options.kills ? ['killPublishing', 'run'] : Object.keys(this.#moves));
    this.steps.push(name);
    await this.#moves[name]();
    await sleep(this.#random.between(0, 60));
  }

  #ping() {
    for (const page of this.browser.pages) page.online();
  }

  async #killServer() {
    this.#faults.struck(this.#publishing.size ? 'server killed while publishing' : 'server killed');
    this.#up = false;
    await this.server.kill();
  }

  async #runServer() {
    await this.server.run();
    this.#up = true;
  }

  async #cut(name) {
    this.#faults.struck(name);
    this.#online = false;
    await this.network.cut();
  }

  // The network breaks in the middle of what the server sends.
  async #breakOff() {
    const broke = this.network.cutAfter(this.#random.between(1, 4_000));
    this.#begin(this.#random.pick(CHANNELS), 8);
    await Promise.race([broke.then(() => this.#faults.struck('network broke within an answer')), sleep(300)]);
    await this.#cut('network cut');
  }

  async #restore() {
    this.#online = true;
    await this.network.restore();
    this.#ping();
  }

  // While the browser is away more is published than the log keeps.
  async #outlast() {
    if (!this.#up) await this.#runServer();
    if (this.#online) await this.#cut('network cut');
    await this.#publish('short', SHORT + 15);
    this.#faults.struck('retention passed a reader that was away');
  }

  #begin(channel, count) {
    const work = this.#publish(channel, count).finally(() => this.#publishing.delete(work));
    this.#publishing.add(work);
  }

  // Each event is sent with its key until it is answered.
  async #publish(channel, count) {
    for (let n = 0; n < count; n += 1) {
      const data = `${channel}-${(this.#published += 1)}`;
      this.#ledger.send(channel, data);
      const position = await this.#acknowledgement(channel, data);
      this.#ledger.acknowledge(channel, position, data);
      this.#acknowledged.get(channel).set(Number(position.split(':')[1]), data);
    }
  }

  async #acknowledgement(channel, data) {
    const json = { name: 'e', data, channels: [channel] };
    for (;;) {
      const answer = await this.server.api
        .call('POST', '/events', { json, headers: { 'idempotency-key': data } })
        .catch(() => undefined);
      if (answer?.status === 200) return answer.body.event_ids[channel];
      if (answer && answer.status !== 503) throw new Error(`publish: ${answer.status} ${JSON.stringify(answer.body)}`);
      await sleep(20);
    }
  }

  // Everything is there again: each page must come to stand where its channels stand.
  async #rest() {
    this.steps.push('rest');
    if (!this.#up) await this.#runServer();
    if (!this.#online) await this.#restore();
    await Promise.all(this.#publishing);
    if (this.browser.pages.size === 0) this.#openPage();
    for (const channel of CHANNELS) await this.#publish(channel, 1);
    const late = [];
    for (const channel of CHANNELS) {
      const head = Math.max(...this.#acknowledged.get(channel).keys());
      const open = [...this.browser.pages].map((page) => page.number);
      const stands = () => this.#watchers.get(channel).standsAt(open);
      const there = async () => {
        if (!this.browser.running) this.#ping();
        return stands() === head;
      };
      await until(`${channel} is shown at ${head}`, there, { timeout: this.#options.patience ?? 20_000 }).catch(() =>
        late.push(`${channel} is shown at ${stands()} and stands at ${head}`),
      );
    }
    return late;
  }

  async #verdict() {
    const problems = [...this.#ledger.problems, ...this.browser.problems];
    for (const channel of CHANNELS) {
      problems.push(...this.#ledger.check(channel, await readBack(this.server, channel)));
      problems.push(...this.#watchers.get(channel).check());
    }
    const resets = this.#watchers.get('feed').resets;
    if (resets > 0) problems.push(`feed: fetched anew ${resets} times, though its log has everything`);
    if (this.#watchers.get('short').resets > 0) this.#faults.struck('gap reported');
    return problems;
  }
}
