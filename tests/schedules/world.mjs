// What one script of the browser's side gets to see: the built runtime runs in a context of its own, over caches and locks that it shares with
// the others of its origin, and the real network. kill() is the browser's: from then on nothing that the script waits for ever comes.
import vm from 'node:vm';
import WebSocket from 'ws';

export class World {
  dead = false;
  #timers = new Set();
  #sockets = new Set();
  #closers = new Set();
  #trigger;
  #browser;

  constructor(browser, trigger) {
    this.#browser = browser;
    this.#trigger = trigger;
  }

  kill() {
    this.dead = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.terminate();
    for (const close of this.#closers) close();
  }

  // Runs `text` with these globals besides the common ones.
  run(text, globals) {
    const context = vm.createContext({ ...this.#common(), ...globals });
    context.self = context;
    context.globalThis = context;
    vm.runInContext(text, context);
    return context;
  }

  // As navigator.locks.
  get locks() {
    return { request: (...args) => this.#lock(args[0], args.at(-1)), query: async () => ({ held: [], pending: [] }) };
  }

  // Calls into the script, unless it is dead.
  call(listener, argument) {
    if (!this.dead) listener?.(argument);
  }

  // `effect` happens unless the script was killed before; its outcome is told unless it was killed until then.
  point(name, effect) {
    return new Promise((resolve, reject) => {
      this.#trigger?.pass(name, 'before');
      if (this.dead) return;
      const told = (how) => (value) => {
        if (!this.dead) this.#trigger?.pass(name, 'after');
        if (!this.dead) how(value);
      };
      effect().then(told(resolve), told(reject));
    });
  }

  #common() {
    const { origin } = this.#browser;
    const timer =
      (make) =>
      (task, ms, ...args) => {
        const made = make(() => this.call(() => task(...args)), ms);
        this.#timers.add(made);
        return made;
      };
    return {
      ...{ URL, URLSearchParams, Headers, Blob, TextEncoder, TextDecoder, crypto, structuredClone, queueMicrotask },
      ...{
        console: this.#browser.console,
        performance,
        AbortController,
        AbortSignal,
        ReadableStream,
        Event,
        EventTarget,
      },
      Response,
      Request: class extends Request {
        constructor(input, init) {
          super(typeof input === 'string' ? new URL(input, origin) : input, init);
        }
      },
      setTimeout: timer(setTimeout),
      setInterval: timer(setInterval),
      clearTimeout,
      clearInterval: clearTimeout,
      location: new URL(origin),
      fetch: (url, init) => this.point('fetch', () => this.#fetch(url, init)),
      caches: this.#caches(),
      WebSocket: this.#webSocket(),
      BroadcastChannel: this.#broadcastChannel(),
      reportError: (error) => this.#browser.problems.push(`reported: ${error?.stack ?? error}`),
    };
  }

  async #fetch(asked, init) {
    const url = new URL(asked.url ?? asked, this.#browser.origin);
    const response = await fetch(url, { ...init, headers: { connection: 'close', ...init?.headers } });
    // Its end is part of the point: a body that breaks off is an error.
    const body = await response.arrayBuffer();
    const whole = new Response([204, 304].includes(response.status) ? null : body, {
      status: response.status,
      headers: response.headers,
    });
    Object.defineProperty(whole, 'url', { value: response.url });
    return whole;
  }

  #caches() {
    const { caches } = this.#browser;
    const guarded = (cache) => ({
      put: (...args) => this.point('put', () => cache.put(...args)),
      match: (...args) => this.point('match', () => cache.match(...args)),
      matchAll: (...args) => this.point('match', () => cache.matchAll(...args)),
      delete: (...args) => this.point('match', () => cache.delete(...args)),
      keys: (...args) => this.point('match', () => cache.keys(...args)),
    });
    return {
      open: async (name) => guarded(await caches.open(name)),
      match: (...args) => this.point('match', () => caches.match(...args)),
      has: (name) => this.point('match', () => caches.has(name)),
      keys: () => this.point('match', () => caches.keys()),
      delete: (name) => this.point('match', () => caches.delete(name)),
    };
  }

  // A lock is free again when its holder is dead.
  #lock(name, run) {
    return this.point('lock', async () => {
      const { locks } = this.#browser;
      const before = locks.get(name) ?? Promise.resolve();
      let release;
      const mine = new Promise((resolve) => (release = resolve));
      locks.set(
        name,
        before.then(() => mine),
      );
      this.#closers.add(release);
      await before;
      try {
        return this.dead ? undefined : await run({ name });
      } finally {
        release();
      }
    });
  }

  #webSocket() {
    const world = this;
    return class {
      static OPEN = 1;
      constructor(url) {
        world.#trigger?.pass('open', 'before');
        if (world.dead) return;
        const target = new URL(url);
        const socket = (this.socket = new WebSocket(target, { perMessageDeflate: false }));
        world.#sockets.add(socket);
        socket.on('open', () => (world.#trigger?.pass('open', 'after'), world.call(this.onopen, {})));
        socket.on('message', (data) => {
          world.#trigger?.pass('receive', 'before');
          world.call(this.onmessage, { data: data.toString() });
          if (!world.dead) world.#trigger?.pass('receive', 'after');
        });
        socket.on('error', () => {});
        socket.on('close', (code, reason) => {
          world.#sockets.delete(socket);
          world.call(this.onclose, { code, reason: reason.toString() });
        });
      }

      get readyState() {
        return this.socket?.readyState ?? 3;
      }

      send(text) {
        world.#trigger?.pass('send', 'before');
        if (!world.dead && this.socket.readyState === 1) this.socket.send(text);
        if (!world.dead) world.#trigger?.pass('send', 'after');
      }

      close() {
        this.socket?.close();
      }
    };
  }

  #broadcastChannel() {
    const world = this;
    const { channels } = this.#browser;
    return class {
      constructor(name) {
        this.name = name;
        channels.add(this);
        world.#closers.add(() => channels.delete(this));
      }
      postMessage(data) {
        for (const other of channels) {
          if (other !== this && other.name === this.name) setImmediate(() => other.hear(data));
        }
      }
      hear(data) {
        world.call(this.onmessage, { data });
      }
      addEventListener(_, listener) {
        this.onmessage = listener;
      }
      close() {
        channels.delete(this);
      }
    };
  }
}
