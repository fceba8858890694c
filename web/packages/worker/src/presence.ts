// Whether the server is reachable, and since when. A worker lives for seconds, so the last moment at which the server
// was there is kept in a cache: a page that is opened offline tomorrow says "offline since yesterday".
import type { WorkerMessage } from '@offing/protocol';

const CACHE = 'offing-state';
const KEY = '/_offing/state';

export type State = Extract<WorkerMessage, { offing: 'state' }>;

export class Presence {
  state: State | undefined; // undefined: the first try is still under way
  readonly #caches: CacheStorage;
  readonly #send: (state: State) => void;

  constructor(caches: CacheStorage, send: (state: State) => void) {
    this.#caches = caches;
    this.#send = send;
  }

  // `socket` is the id of the connection that is up, '' for none.
  async set(socket: string): Promise<void> {
    const online = socket !== '';
    const now = Date.now();
    const wasOnline = this.state?.online;
    const state: State = { offing: 'state', online, since: now, socket };
    this.state = state;
    if (online || wasOnline) {
      this.#note(now);
    } else {
      const seen = await this.#caches.match(KEY, { cacheName: CACHE });
      state.since = Number(await seen?.text()) || now;
      if (this.state !== state) return;
    }
    this.#send(state);
  }

  // Called now and then while pages are open.
  beat(): void {
    if (this.state?.online) this.#note(Date.now());
  }

  #note(now: number): void {
    void this.#caches.open(CACHE).then((cache) => cache.put(KEY, new Response(String(now))));
  }
}
