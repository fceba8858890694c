// A worker's live resources over caches and a server in memory.
import assert from 'node:assert/strict';
import { type Config, type Json, LIVE_CACHE } from '@offing/protocol';
import { LiveCache } from '../src/live-cache.ts';
import { guard, userSpace } from '../src/user.ts';
import { Live } from '../src/live.ts';
import { FakeCaches, FakeLine, rest } from './fakes.ts';

export const A = '0123456789ab';
const DEFINITION = 'd0d0d0d0';

interface Answer {
  position: string;
  value: Json;
  status?: number;
  definition?: string;
  headers?: Record<string, string>;
  redirected?: boolean;
  text?: string; // instead of the value
}

const config: Config = {
  version: '0.1.0',
  app: 'KEY',
  manifest: 'm',
  precache: [],
  maxBytes: 1e6,
  resources: [
    {
      path: '/feed.json',
      channel: 'feed',
      apply: { '*': 'append', flush: 'invalidate' },
      initial: [],
      definition: DEFINITION,
    },
    { path: '/last.json', channel: 'feed', apply: { '*': 'replace' }, initial: null, definition: DEFINITION },
    {
      path: '/rooms/:id',
      channel: 'room-:id',
      apply: { '*': 'append' },
      limit: 3,
      initial: [],
      definition: DEFINITION,
    },
    {
      path: '/orders.json',
      channel: 'orders',
      apply: { '*': 'prepend', gone: 'remove:id' },
      key: 'id',
      limit: 4,
      initial: [],
      definition: DEFINITION,
      origin: true,
      exact: false,
    },
    {
      path: '/mine.json',
      channel: 'private-mine',
      apply: { '*': 'append' },
      initial: [],
      definition: DEFINITION,
      private: true,
    },
  ],
};

// One life of a worker; several may share the caches.
export class Life {
  readonly caches: FakeCaches;
  readonly line = new FakeLine();
  readonly fetches: string[] = [];
  readonly inits: RequestInit[] = [];
  readonly own: string[] = []; // fetched as the user
  tokens: string[] = []; // the first, and the one after that was refused
  readonly updates: [path: string, position: string, added: number, reset: boolean][] = [];
  readonly reports: string[] = [];
  readonly server = new Map<string, Answer>();
  readonly live: Live;
  offline = false;
  released: () => void = () => undefined; // called while a lock is given back

  constructor(caches = new FakeCaches()) {
    this.caches = caches;
    this.live = new Live(config, {
      cache: new LiveCache(caches.storage),
      lock: async (_, run) => {
        await run();
        this.released();
      },
      fetch: (path, init, own) => {
        this.inits.push(init);
        if (own) this.own.push(path);
        return this.#fetch(path);
      },
      guard,
      user: userSpace,
      token: async (refused) => this.tokens[refused === undefined ? 0 : 1] ?? '',
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
    const response = new Response(answer.text ?? JSON.stringify(answer.value), {
      status: answer.status ?? 200,
      headers: {
        'Content-Type': 'application/json',
        'Offing-Definition': answer.definition ?? DEFINITION,
        ...(answer.position && { 'Offing-Position': answer.position }),
        ...answer.headers,
      },
    });
    if (answer.redirected) Object.defineProperty(response, 'redirected', { value: true });
    return response;
  }

  get cache() {
    return this.caches.store(LIVE_CACHE);
  }

  async stored(path: string): Promise<[position: string, value: Json]> {
    const response = await this.cache.match(path);
    assert.equal(response?.headers.get('Offing-Definition'), DEFINITION);
    assert.equal(response?.headers.get('ETag'), null);
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

export const subscribe = (channel: string, resume: string) => [
  'pusher:subscribe',
  { channel, resume_after_id: resume, on_gap: 'live' },
];
export const unsubscribe = (channel: string) => ['pusher:unsubscribe', { channel }];
