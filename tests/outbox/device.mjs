// A browser, as far as an outbox needs one: a disk, locks, and contexts (tabs, workers) that can be killed at any moment. The engine is the
// one that browsers get; time runs SCALE times as fast for it.
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { IDBFactory } from 'fake-indexeddb';
import { tempFolder } from '../lib/ending.mjs';
import { ROOT } from '../lib/server.mjs';

const SCALE = 20;
const never = () => new Promise(() => {});

// The engine, built of its sources.
export async function loadEngine() {
  const entryPoints = [path.join(ROOT, 'web/packages/outbox/src/index.ts')];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', target: 'es2022', write: false });
  const file = path.join(tempFolder('engine'), 'outbox.mjs');
  writeFileSync(file, outputFiles[0].text);
  return import(pathToFileURL(file));
}

class Locks {
  #held = new Map(); // name → context
  #waiting = [];

  request(context, name, run) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ context, name, run, resolve, reject });
      this.#grant();
    });
  }

  free(context) {
    this.#waiting = this.#waiting.filter((each) => each.context !== context);
    for (const [name, holder] of this.#held) if (holder === context) this.#held.delete(name);
    this.#grant();
  }

  #grant() {
    for (const each of [...this.#waiting]) {
      const { context, name, run, resolve, reject } = each;
      if (this.#held.has(name)) continue;
      this.#held.set(name, context);
      this.#waiting.splice(this.#waiting.indexOf(each), 1);
      const over = (tell) => (value) => {
        if (this.#held.get(name) === context) this.#held.delete(name);
        this.#grant();
        if (!context.dead) tell(value);
      };
      Promise.resolve().then(run).then(over(resolve), over(reject));
    }
  }
}

export class Device {
  disk = new IDBFactory();
  locks = new Locks();
  contexts = new Set();
  told = new Map(); // id → events that a page was told of
  doubles = []; // keys that were under way twice at once
  #inFlight = new Map();
  #began = Date.now();

  // sabotage: what is switched off.
  constructor(engine, origin, random, sabotage = '') {
    Object.assign(this, { engine, origin, random, sabotage });
  }

  now() {
    return this.#began + (Date.now() - this.#began) * SCALE;
  }

  open() {
    const context = new Context(this);
    this.contexts.add(context);
    return context;
  }

  // A key goes out; answers what to call when it is over.
  sends(key) {
    const count = (this.#inFlight.get(key) ?? 0) + 1;
    this.#inFlight.set(key, count);
    if (count > 1) this.doubles.push(key);
    return () => this.#inFlight.set(key, this.#inFlight.get(key) - 1);
  }

  killed(context) {
    this.contexts.delete(context);
    this.locks.free(context);
    if (this.sabotage === 'write-ahead') this.disk = new IDBFactory();
  }
}

class Context {
  dead = false;
  #device;
  #timers = new Set();
  #aborts = new Set();
  #transactions = new Set();

  constructor(device) {
    this.#device = device;
    this.outbox = device.engine.openOutbox(this.#host());
    void this.outbox.drain();
  }

  // As browsers do it: nothing is told any more, and what was not committed is undone.
  kill() {
    this.dead = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const abort of this.#aborts) abort();
    for (const transaction of this.#transactions) {
      try {
        transaction.abort();
      } catch {
        // It has ended.
      }
    }
    this.#device.killed(this);
  }

  // The call's value, if the context lives to hear of it.
  async call(run) {
    const value = await run(this.outbox);
    return this.dead ? never() : value;
  }

  #host() {
    const device = this.#device;
    const alone = { request: (name, run) => device.locks.request(this, name, run) };
    return {
      idb: { open: (name, version) => this.#open(device.disk.open(name, version)) },
      locks: device.sabotage === 'lock' ? { request: (_, run) => run() } : alone,
      origin: device.origin,
      fetch: (url, init) => this.#fetch(url, init),
      now: () => device.now(),
      timer: (run, ms) => this.#timer(run, ms),
      random: () => device.random.fraction(),
      bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      online: () => true,
      user: async () => (this.dead ? never() : undefined),
      token: async () => '',
      emit: async (event, entry) => {
        if (this.dead) return never();
        device.told.set(entry.id, [...(device.told.get(entry.id) ?? []), event]);
        return true;
      },
    };
  }

  #open(request) {
    request.addEventListener('success', () => {
      const db = request.result;
      const begin = db.transaction.bind(db);
      db.transaction = (...args) => {
        const transaction = begin(...args);
        if (this.dead) queueMicrotask(() => transaction.abort());
        this.#transactions.add(transaction);
        for (const end of ['complete', 'abort']) {
          transaction.addEventListener(end, () => this.#transactions.delete(transaction));
        }
        return transaction;
      };
    });
    return request;
  }

  #timer(run, ms) {
    if (this.dead) return () => {};
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms / SCALE);
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  async #fetch(url, { signal, ...init }) {
    if (this.dead) return never();
    const abort = new AbortController();
    const stop = () => abort.abort();
    this.#aborts.add(stop);
    signal?.addEventListener('abort', stop);
    const over = this.#device.sends(init.headers['Idempotency-Key']);
    try {
      const response = await fetch(url, { ...init, signal: abort.signal });
      const body = await response.arrayBuffer();
      return this.dead ? never() : new Response([204, 304].includes(response.status) ? null : body, response);
    } catch (error) {
      return this.dead ? never() : Promise.reject(error);
    } finally {
      over();
      this.#aborts.delete(stop);
    }
  }
}
