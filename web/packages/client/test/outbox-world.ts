// A page with a worker at the other end: the test is the worker.
import type { Entry } from '@offing/protocol';

export interface Call {
  offing: string;
  call?: string;
  args?: unknown[];
  id?: string | null;
  pending?: string;
}

export class World {
  readonly calls: Call[] = [];
  readonly container = Object.assign(new EventTarget(), {
    controller: null,
    startMessages: () => undefined,
    getRegistration: async () => ({
      active: {
        scriptURL: 'https://app.test/sw.js',
        addEventListener: () => undefined,
        postMessage: (message: Call, [port]: MessagePort[]) => this.#told(message, port),
      },
    }),
  });
  answer: (call: Call) => unknown = () => undefined; // undefined: none
  speed = 1; // how many times as fast as elsewhere timers run

  install(location: object, serviceWorker: unknown): void {
    const { setTimeout } = globalThis;
    const globals = {
      document: Object.assign(new EventTarget(), { hidden: false }),
      location,
      navigator: { serviceWorker, onLine: true },
      addEventListener: () => undefined,
      setInterval: () => 0,
      setTimeout: (run: () => void, ms = 0) => setTimeout(run, ms / this.speed),
    };
    for (const [name, value] of Object.entries(globals))
      Object.defineProperty(globalThis, name, { value, configurable: true });
  }

  hears(data: object, ports: unknown[] = []): void {
    this.container.dispatchEvent(Object.assign(new Event('message'), { data, ports }));
  }

  // What the worker said of an entry.
  event(event: string, entry: Partial<Entry>): void {
    this.hears({ offing: 'entry', event, entry });
  }

  #told(message: Call, port?: MessagePort): void {
    if (!port) return;
    this.calls.push(message);
    const answer = this.answer(message);
    if (answer) port.postMessage(answer);
    setTimeout(() => port.close(), 100);
  }
}

export const value = (found: unknown): object => ({ offing: 'outbox', value: found });
