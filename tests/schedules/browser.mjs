// A browser without a window: one origin with its caches, its worker, which is started for an event and killed whenever a schedule says so, and
// its pages. What runs in it is the runtime as the server serves it: /sw.js and /_offing/client.js, unchanged.
import { transform } from 'esbuild';
import { Trigger } from './faults.mjs';
import { MemoryCaches } from './cache-storage.mjs';
import { World } from './world.mjs';

export class Browser {
  locks = new Map();
  channels = new Set();
  problems = [];
  warnings = [];
  pages = new Set();
  kills = 0;
  #faults;
  #worker; // {world, listeners}
  #script;
  #client;
  #armed;

  constructor(origin, faults, options = {}) {
    this.origin = origin;
    this.#faults = faults;
    this.caches = new MemoryCaches(origin, options);
    const note = (...words) => this.warnings.push(words.join(' '));
    this.console = { log: note, info: note, debug: note, warn: note, error: note };
  }

  // Loads what the server serves, and installs the worker.
  async install() {
    this.#script = await this.#load('/sw.js');
    const client = await this.#load('/_offing/client.js');
    // Modules cannot be loaded into a context; as a script with one global it is the same code.
    this.#client = (await transform(client, { format: 'iife', globalName: 'offing' })).code;
    await this.#event('install', {});
    await this.#event('activate', {});
  }

  async #load(path) {
    const response = await fetch(this.origin + path);
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    return response.text();
  }

  // The next worker kill happens there; now, if the worker runs.
  arm(point, phase, nth) {
    this.#armed = [point, phase, nth];
    this.#worker?.trigger.arm(point, phase, nth);
  }

  get running() {
    return this.#worker !== undefined;
  }

  killWorker() {
    if (!this.#worker) return;
    this.kills += 1;
    this.#worker.world.kill();
    this.#worker = undefined;
    this.#armed = undefined;
  }

  #start() {
    const listeners = new Map();
    const trigger = new Trigger(this.#faults, () => this.killWorker());
    const world = new World(this, trigger);
    const worker = { world, listeners, trigger };
    if (this.#armed) trigger.arm(...this.#armed);
    this.#worker = worker;
    const add = (type, listener) => listeners.set(type, [...(listeners.get(type) ?? []), listener]);
    world.run(this.#script, {
      addEventListener: add,
      clients: {
        matchAll: async () => [...this.pages].map((page) => page.client),
        claim: async () => {},
        get: async (id) => [...this.pages].find((page) => page.client.id === id)?.client,
      },
      registration: {
        scope: `${this.origin}/`,
        active: {},
        waiting: null,
        installing: null,
        update: async () => {},
        unregister: async () => true,
      },
      skipWaiting: async () => {},
      navigator: { locks: world.locks, onLine: true },
    });
    return worker;
  }

  // Starts the worker if it does not run. Answers when what the event waits for has ended, or with undefined if the worker died of it.
  #event(type, fields) {
    const { world, listeners } = this.#worker ?? this.#start();
    const waits = [];
    const event = { type, ...fields, waitUntil: (promise) => waits.push(promise) };
    for (const listener of listeners.get(type) ?? []) world.call(listener, event);
    if (type === 'message') {
      // Nobody waits for it: pings are held open for ever.
      for (const wait of waits) wait?.catch((error) => this.problems.push(`rejected: ${error.stack ?? error}`));
      return undefined;
    }
    return Promise.all(waits);
  }

  message(data, source) {
    this.#event('message', { data: structuredClone(data), source, ports: [] });
  }

  openPage(view) {
    const page = new Page(this, this.#client, view);
    this.pages.add(page);
    return page;
  }

  close() {
    for (const page of [...this.pages]) page.close();
    this.killWorker();
  }
}

class Page {
  #browser;
  #world;
  #listeners = new Map();
  client;

  constructor(browser, script, view) {
    this.#browser = browser;
    this.#world = new World(browser);
    this.client = {
      id: crypto.randomUUID(),
      type: 'window',
      visibilityState: 'visible',
      url: `${browser.origin}/`,
      postMessage: (data) =>
        setImmediate(() => this.#world.call((event) => this.#fire('message', event), { data: structuredClone(data) })),
    };
    const add = (type, listener) => this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
    const active = {
      state: 'activated',
      scriptURL: `${browser.origin}/sw.js`,
      addEventListener() {},
      postMessage: (data) => setImmediate(() => !this.#world.dead && browser.message(data, this.client)),
    };
    const registration = {
      active,
      installing: null,
      waiting: null,
      addEventListener() {},
      update: async () => {},
      scope: `${browser.origin}/`,
    };
    const context = this.#world.run(script, {
      document: { hidden: false, visibilityState: 'visible', addEventListener: add, documentElement: {}, title: '' },
      addEventListener: add,
      removeEventListener() {},
      matchMedia: () => ({ matches: false, addEventListener() {} }),
      sessionStorage: { getItem: () => null, setItem() {}, removeItem() {} },
      localStorage: { getItem: () => null, setItem() {}, removeItem() {} },
      navigator: {
        onLine: true,
        userAgent: 'schedules',
        locks: this.#world.locks,
        serviceWorker: {
          controller: active,
          ready: Promise.resolve(registration),
          getRegistration: async () => registration,
          register: async () => registration,
          addEventListener: add,
          startMessages() {},
        },
      },
    });
    view(context.offing);
  }

  #fire(type, event) {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }

  // What a browser does when a network comes back.
  online() {
    this.#world.call(() => this.#fire('online', {}));
  }

  close() {
    this.#world.kill();
    this.#browser.pages.delete(this);
  }
}
