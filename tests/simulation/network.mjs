// What lies between the browser and the server: it cuts, loses, delays, doubles and truncates, and now and then somebody else answers.
import { Blob } from './blob.mjs';

const PORTAL = [
  { status: 200, headers: { 'content-type': 'text/html' }, body: 'Please log in' },
  { status: 511, headers: {}, body: '' },
  { status: 0, headers: {}, body: '' }, // a redirect that nobody may read
];

export const FAULTS = [
  'request lost',
  'answer lost',
  'request doubled',
  'answer delayed',
  'answer truncated',
  'captive portal',
  'never answered',
];

export class Network {
  cut = false;
  #armed = [];
  #flying = new Map(); // by key: the contexts that wait for an answer
  #world;

  constructor(world) {
    this.#world = world;
  }

  arm(fault) {
    this.#armed.push(fault);
  }

  disarm() {
    this.#armed = [];
  }

  // As fetch() of a context.
  fetch(context, url, init) {
    const world = this.#world;
    const { random, scheduler } = world;
    return new Promise((resolve, reject) => {
      if (!context.at('fetch.call')) return;
      const headers = Object.fromEntries(
        Object.entries(init.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const request = { method: init.method, url, headers, body: init.body.content, cookie: world.session };
      this.#check(context, request);
      const landed = this.#fly(context, headers['idempotency-key']);
      const fault = this.cut ? 'cut' : this.#armed.shift();
      if (fault) world.faults.struck(`network: ${fault}`);
      const fail = (ms) =>
        context.later('fetch.answer', ms, () => (landed(), reject(new TypeError('Failed to fetch'))));
      init.signal.addEventListener('abort', () => (landed(), reject(new DOMException('aborted', 'AbortError'))));
      const latency = () => 1 + random.fraction() * 40;
      const back = (answer) => {
        if (fault === 'never answered') return;
        if (fault === 'answer lost') return void fail(latency());
        const ms = fault === 'answer delayed' ? 1_000 + random.fraction() * 40_000 : latency();
        context.later('fetch.answer', ms, () => (landed(), resolve(this.#responseOf(context, answer, fault))));
      };
      if (fault === 'cut') return void fail(random.fraction() * 5);
      if (fault === 'captive portal') return void back(random.pick(PORTAL));
      if (fault === 'request lost') return void fail(latency());
      scheduler.after(latency(), () => {
        if (!world.server.up) return void fail(latency());
        world.server.receive(request, back);
      });
      if (fault === 'request doubled')
        scheduler.after(latency() + random.fraction() * 60_000, () => world.server.receive(request, () => {}));
    });
  }

  #responseOf(context, { status, headers, body }, fault) {
    return {
      status,
      headers: new Headers(headers),
      blob: () =>
        context.answer('fetch.body', this.#world.random.fraction() * 5, () => {
          if (fault === 'answer truncated') throw new TypeError('terminated');
          return new Blob(body);
        }),
    };
  }

  // Nobody else's entries, and never one twice at once.
  #check(context, { headers }) {
    const world = this.#world;
    const writer = headers['offing-user'] ?? '';
    if (writer && writer !== world.user)
      world.problems.push(`an entry of ${writer} was sent while ${world.user || 'nobody'} was there`);
    const others = [...(this.#flying.get(headers['idempotency-key']) ?? [])].filter((other) => other.alive);
    if (others.length && (world.locked || !world.clockMoved))
      world.problems.push(
        `${headers['idempotency-key']} was sent by a ${context.kind} while a ${others[0].kind} was sending it`,
      );
  }

  #fly(context, key) {
    const flying = this.#flying.get(key) ?? [];
    this.#flying.set(key, flying);
    flying.push(context);
    return () => {
      const index = flying.indexOf(context);
      if (index >= 0) flying.splice(index, 1);
    };
  }
}
