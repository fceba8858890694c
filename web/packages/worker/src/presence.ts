// Whether the server is reachable, and since when. A worker lives for seconds, so the last moment at which the server
// was there is remembered: a page that is opened offline tomorrow says "offline since yesterday".
import type { WorkerMessage } from '@offing/protocol';
import { recall, remember } from './memory.ts';

const KEY = 'state';

export type State = Extract<WorkerMessage, { offing: 'state' }>;

export class Presence {
  state: State | undefined; // undefined: the first try is still under way
  readonly #send: (state: State) => void;

  constructor(send: (state: State) => void) {
    this.#send = send;
  }

  // `socket` is the id of the connection that is up, '' for none.
  async set(socket: string, online = socket !== ''): Promise<void> {
    const now = Date.now();
    const wasOnline = this.state?.online;
    const state: State = { offing: 'state', online, since: now, socket };
    this.state = state;
    if (online || wasOnline) {
      this.#note(now);
    } else {
      state.since = (await recall<number>(KEY)) || now;
      if (this.state !== state) return;
    }
    this.#send(state);
  }

  // Where nothing needs a connection: a request was answered, or not.
  async answered(online: boolean): Promise<void> {
    if (this.state?.online === online) return this.beat();
    await this.set('', online);
  }

  // Called now and then while pages are open.
  beat(): void {
    if (this.state?.online) this.#note(Date.now());
  }

  #note(now: number): void {
    void remember(KEY, now).catch(() => undefined);
  }
}
