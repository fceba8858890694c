// One random schedule: two tabs and a worker over one database, a network and a server that fail, a user who writes, decides, logs in and out, and dies
// at any point. After the faults everything is let come to rest, and the ledger decides.
import { Random } from '../lib/random.mjs';
import { Blob } from './blob.mjs';
import { Context } from './context.mjs';
import { Database } from './database.mjs';
import { Faults, POINTS, STATES } from './faults.mjs';
import { Ledger } from './ledger.mjs';
import { Locks } from './locks.mjs';
import { FAULTS, Network } from './network.mjs';
import { Scheduler } from './scheduler.mjs';
import { Server } from './server.mjs';

const KINDS = ['plain', 'plain', 'plain', 'plain', 'redirect', 'reject', 'conflict'];
const LANES = ['a', 'b', null, undefined];
const DAY_MS = 86_400_000;

export class Schedule {
  faults = new Faults();
  problems = [];
  steps = [];
  scheduler = new Scheduler();
  ledger = new Ledger();
  user = ''; // as the pages have said
  session = ''; // as the server knows the browser's cookies; null: it wants a log-in
  online = true;
  clockMoved = false;
  #old = false; // so much time has passed that entries may be too old
  #full = new Map(); // by state: how many of the next writes of it find no room
  #tabs = new Set();
  #worker;
  #armed;
  #writes = 0;
  #openOutbox;

  // openOutbox: the engine's.
  constructor(seed, openOutbox, options = {}) {
    this.random = new Random(seed);
    this.options = options;
    this.#openOutbox = openOutbox;
    this.locked = this.random.chance(0.85);
    if (/^(lock|lease)$/.test(options.sabotage)) this.locked = options.sabotage === 'lock';
    this.origin = this.random.chance(0.5);
    this.lost = this.random.chance(0.4) ? 'hold' : 'retry';
    this.tokens = this.random.chance(0.5); // besides cookies
    this.hasWorker = this.random.chance(0.7);
    this.database = new Database(this);
    this.locks = new Locks(this);
    this.network = new Network(this);
    this.server = new Server(this);
  }

  // What is wrong in the end.
  async run() {
    this.#openTab();
    const count = this.random.between(10, 30);
    const names = Object.keys(this.#moves);
    for (let n = 0; n < count; n += 1) {
      const name = this.random.chance(0.35) ? 'write' : this.random.pick(names);
      this.steps.push(name);
      this.#moves[name]();
      await this.scheduler.pass(this.random.chance(0.7) ? this.random.between(0, 80) : this.random.between(0, 8_000));
    }
    await this.#rest();
    if (this.server.restored) this.problems.push(`the server took itself for restored ${this.server.restored} times`);
    this.problems.push(...this.ledger.check(this.server.effects, { expiry: this.#old }));
    return this.problems;
  }

  get writes() {
    return this.#writes;
  }

  committed(table) {
    this.ledger.committed(table);
  }

  died(context) {
    this.#tabs.delete(context);
    if (this.#worker === context) this.#worker = undefined;
  }

  // Whether there is no room for it.
  quota({ state }) {
    const left = this.#full.get(state) ?? 0;
    if (left <= 0) return false;
    this.#full.set(state, left - 1);
    this.faults.struck(`no room for ${state}`);
    return true;
  }

  #open(kind) {
    const context = new Context(this, kind);
    if (this.#armed) context.arm(...this.#armed);
    this.#armed = undefined;
    const { random, scheduler } = this;
    const soon = () => random.fraction() * 3;
    context.outbox = this.#openOutbox({
      idb: this.database.factoryOf(context),
      locks: this.locked ? this.locks.of(context) : undefined,
      origin: 'https://app.test',
      fetch: (url, init) => this.network.fetch(context, url, init),
      now: () => scheduler.wall,
      timer: (run, ms) => context.later('timer', ms, run),
      random: () => random.fraction(),
      bytes: (length) => Uint8Array.from({ length }, () => random.between(0, 255)),
      online: () => this.online,
      user: () => context.answer('user', soon(), () => this.user || undefined),
      token: (refused) => context.answer('token', soon(), () => this.#token(refused)),
      emit: async (event, entry) => context.at('emit') && this.#hear(entry),
      room: () => context.answer('room', soon(), () => undefined),
    });
    return context;
  }

  #token(refused) {
    if (!this.tokens) return '';
    const now = this.user && `${this.user}.${this.server.leastToken}`;
    return refused === undefined && this.random.chance(0.3)
      ? this.user && `${this.user}.${this.server.leastToken - 1}`
      : now;
  }

  // Whether a page was told.
  #hear(entry) {
    if (this.#tabs.size === 0) return false;
    this.ledger.tell(entry);
    return true;
  }

  #openTab() {
    const tab = this.#open('page');
    this.#tabs.add(tab);
    // With a worker a page has no outbox of its own, and asks what it missed.
    const box = this.#boxFor(tab);
    this.#untold((run) => this.#call(tab, box, run));
    this.#call(tab, box, (outbox) => outbox.drain());
    return tab;
  }

  // What ended while no page was there; the page says that it has heard.
  #untold(ask) {
    ask((outbox) => outbox.untold()).then((found) => {
      for (const entry of found) this.ledger.tell(entry);
      if (found.length) ask((outbox) => outbox.untold(found.map(({ id }) => id)));
    });
  }

  #boxFor(tab) {
    return this.hasWorker && this.random.chance(0.9) ? this.#wake() : tab;
  }

  #wake() {
    if (this.#worker) return this.#worker;
    const worker = (this.#worker = this.#open('worker'));
    void worker.outbox.drain();
    return worker;
  }

  // A tab asks `context`; what it hears comes back, unless one of them is dead by then.
  #call(tab, context, run) {
    return new Promise((resolve) => {
      run(context.outbox).then(
        (value) => context.alive && tab.alive && resolve(value),
        // No room, or the connection was lost twice: the user hears that it is not safe.
        ({ name, stack }) => /^(OutboxFull|AbortError)$/.test(name) || this.problems.push(`a call failed: ${stack}`),
      );
    });
  }

  #ask(run) {
    const tab = this.random.pick([...this.#tabs, this.#tabs.size ? undefined : this.#openTab()].filter(Boolean));
    return this.#call(tab, this.#boxFor(tab), run);
  }

  #write() {
    const write = (this.#writes += 1);
    const kind = this.random.pick(KINDS);
    const post = {
      id: this.random.chance(0.5) ? `key-${write}` : undefined,
      url: `/api/${this.random.between(1, 2)}`,
      headers: { 'x-write': `${write}` },
      body: new Blob(JSON.stringify({ write, kind })),
      lane: this.random.pick(LANES),
    };
    this.#ask((outbox) => outbox.post(post)).then(() => this.ledger.acknowledged.add(write));
  }

  // What a person does about what is held.
  #decide(id, { state, problem, headers }) {
    const drop = this.random.chance(0.4);
    if (drop) this.ledger.given.add(Number(headers['x-write']));
    if (state === 'conflict') {
      this.faults.struck(`conflict settled: ${drop ? 'theirs' : 'mine'}`);
      return this.#ask((outbox) => outbox.resolve(id, drop ? 'theirs' : 'mine', { headers: { 'x-force': '1' } }));
    }
    this.faults.struck(`held entry ${drop ? 'dropped' : 'sent again'}: ${problem}`);
    return this.#ask((outbox) => (drop ? outbox.discard(id) : outbox.retry(id)));
  }

  #decideSome(chance) {
    for (const entry of this.ledger.open()) {
      const asks = entry.state === 'conflict' || (entry.state === 'held' && entry.problem === 'unknown');
      if (asks && (!entry.user || entry.user === this.user) && this.random.chance(chance))
        this.#decide(entry.id, entry);
    }
  }

  #moveClock(ms, name) {
    this.scheduler.skew += ms;
    this.clockMoved = true;
    this.faults.struck(name);
  }

  #contexts() {
    return [...this.#tabs, this.#worker].filter(Boolean);
  }

  #moves = {
    write: () => this.#write(),
    writeMany: () => Array.from({ length: this.random.between(2, 8) }, () => this.#write()),
    // Now, or when the next one starts.
    armKill: () => {
      const context = this.random.pick([...this.#contexts(), undefined]);
      const arm = [this.random.pick(POINTS), this.random.between(1, 4)];
      if (context) context.arm(...arm);
      else this.#armed = arm;
      this.#write();
    },
    armWorker: () =>
      this.hasWorker && (this.#wake().arm(this.random.pick(POINTS), this.random.between(1, 4)), this.#write()),
    kill: () => this.#contexts().length && this.random.pick(this.#contexts()).kill(),
    wake: () => this.#wake(),
    openTab: () => this.#tabs.size < 2 && this.#openTab(),
    cut: () => (this.network.cut = true),
    restore: () => {
      this.network.cut = false;
      if (this.online) return;
      this.online = true;
      for (const { outbox } of this.#contexts()) void outbox.drain(true);
    },
    offline: () => (this.online = false),
    fault: () => this.network.arm(this.random.pick(FAULTS)),
    faults: () => Array.from({ length: 4 }, () => this.network.arm(this.random.pick(FAULTS))),
    trouble: () => (this.faults.struck('server: trouble'), (this.server.troubles = this.random.between(1, 4))),
    killServer: () => this.server.up && (this.faults.struck('server killed'), this.server.kill()),
    killServerSoon: () => {
      this.#write();
      this.scheduler.after(this.random.fraction() * 90, () => this.#moves.killServer());
    },
    runServer: () => (this.server.up = true),
    forget: () => (this.faults.struck('server: keys forgotten'), this.server.forget()),
    user: () => this.#setUser(this.random.pick(['', 'anna', 'ben'])),
    session: () => {
      this.session = this.random.pick(['', 'anna', 'ben', null]);
      this.faults.struck('another session than the pages know');
    },
    oldTokens: () => (this.faults.struck('server: tokens too old'), (this.server.leastToken += 1)),
    noRoom: () => {
      this.#full.set(this.random.pick(STATES), this.random.between(1, 3));
      if (this.random.chance(0.3)) for (const context of this.#contexts()) context.arm('room', 1);
    },
    loseDatabase: () => (this.faults.struck('database connection lost'), this.database.lose()),
    closeDatabase: () => (this.faults.struck('database asked to close'), this.database.askToClose()),
    clockOn: () => this.#moveClock(this.random.between(1, 3_600_000), 'clock set on'),
    clockBack: () => this.#moveClock(-this.random.between(1, 3_600_000), 'clock set back'),
    clockFar: () =>
      this.random.chance(0.3) && ((this.#old = true), this.#moveClock(8 * DAY_MS, 'clock set on by days')),
    decide: () => this.#decideSome(0.7),
    discard: () => {
      const entry = this.ledger.open().at(-1);
      if (!entry || !this.random.chance(0.3)) return;
      this.ledger.given.add(Number(entry.headers['x-write']));
      this.#ask((outbox) => outbox.discard(entry.id));
    },
    flush: () => this.#ask((outbox) => outbox.flush()),
  };

  #setUser(user) {
    this.user = this.session = user;
    this.faults.struck('another user');
    for (const { outbox } of this.#contexts()) void outbox.drain(true);
  }

  // Everything is there again, and everybody comes by once more.
  async #rest() {
    this.steps.push('rest');
    this.network.disarm();
    this.#full.clear();
    this.server.troubles = 0;
    this.#armed = undefined;
    for (let n = 0; n < 12; n += 1) {
      this.network.cut = false;
      this.online = this.server.up = true;
      for (const context of this.#contexts()) context.arm(undefined, 1);
      for (const user of ['anna', 'ben', '']) {
        this.#setUser(user);
        this.#decideSome(1);
        if (!this.#tabs.size) this.#openTab();
        this.#ask((outbox) => outbox.flush());
        await this.scheduler.pass(10_000);
        this.#untold((run) => this.#ask(run));
        await this.scheduler.pass(1_000);
      }
      if (!this.ledger.open().length && !this.ledger.untold().length) return;
      await this.scheduler.pass(60_000);
    }
  }
}
