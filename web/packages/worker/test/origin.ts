// The globals of a worker that its lifecycle touches.
import { FakeCaches } from './fakes.ts';

export class Origin {
  readonly caches = new FakeCaches();
  readonly sent: unknown[] = []; // to the windows
  readonly posted: unknown[] = []; // to the worker that waits
  readonly done: string[] = [];
  windows: { id: string; visibilityState: string }[] = [];
  held: { name: string }[] = [];
  waiting = false;
  active = true;
  control: () => Promise<Response> = () => Promise.reject(new TypeError('Failed to fetch'));
  readonly #locks = new Map<string, Promise<unknown>>();

  constructor() {
    const post = (message: unknown): void => void this.sent.push(message);
    const worker = { postMessage: (message: unknown) => this.posted.push(message) };
    const origin = this;
    const registration = {
      get waiting() {
        return origin.waiting ? worker : null;
      },
      get active() {
        return origin.active ? worker : null;
      },
      installing: null,
      update: async () => void this.done.push('update'),
      unregister: async () => void this.done.push('unregister'),
    };
    const self = {
      registration,
      clients: {
        matchAll: async () => this.windows.map((window) => ({ ...window, postMessage: post })),
        claim: async () => void this.done.push('claim'),
      },
      skipWaiting: async () => void this.done.push('skipWaiting'),
    };
    // Exclusive and shared alike: one after the other.
    const locks = {
      request: (name: string, ...rest: unknown[]) => {
        const run = rest.at(-1) as () => Promise<unknown>;
        const turn = (this.#locks.get(name) ?? Promise.resolve()).then(run);
        this.#locks.set(
          name,
          turn.catch(() => undefined),
        );
        return turn;
      },
      query: async () => ({ held: this.held }),
    };
    const globals = {
      self,
      caches: this.caches,
      navigator: { locks },
      location: new URL('https://app.test/'),
      fetch: () => this.control(),
    };
    for (const [name, value] of Object.entries(globals))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }

  open(...ids: string[]): void {
    this.windows = ids.map((id) => ({ id, visibilityState: 'visible' }));
  }

  get names(): string[] {
    return [...this.caches.stores.keys()].sort();
  }
}
