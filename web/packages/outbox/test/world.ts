// A browser and a server for the outbox: a database in memory, a clock that the test turns, a network that the test plays.
import type { Entry, EntryEvent } from '@offing/protocol';
import { IDBFactory } from 'fake-indexeddb';
import { type Answered, type Host, openOutbox, type Outbox } from '../src/index.ts';

export const ORIGIN = 'https://app.test';

export interface Sent {
  url: string;
  method: string;
  headers: Headers;
  body: string;
  init: RequestInit;
}

export type Server = (sent: Sent) => Response | Promise<Response>;

export const stored = (body: string | null = '{}', init: ResponseInit = {}): Response =>
  new Response(body, { ...init, headers: { 'Idempotency-Status': 'stored', ...init.headers } });

export const problem = (status: number, name: string, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ type: `/_offing/problems/${name}` }), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });

export class World {
  idb: IDBFactory = new IDBFactory();
  now = 1_700_000_000_000;
  online = true;
  user: string | undefined;
  tokens: string[] = []; // what the next questions for a token are answered with
  windows = 1;
  locked = true; // there are Web Locks
  server: Server = () => stored();
  readonly sent: Sent[] = [];
  readonly events: [EntryEvent, Entry][] = [];
  readonly answers: Answered[] = [];
  rooms = 0;
  #token = '';
  #timers = new Map<number, [at: number, run: () => void]>();
  #timer = 0;
  #locks = new Map<string, Promise<unknown>>();

  // One context: a page, or a life of the worker.
  open(over: Partial<Host> = {}): Outbox {
    let count = 0;
    return openOutbox({
      idb: this.idb,
      locks: this.locked
        ? { request: ((...args: unknown[]) => this.#lock(args)) as LockManager['request'] }
        : undefined,
      origin: ORIGIN,
      fetch: async (url, init) => {
        const headers = new Headers(init.headers);
        const body = init.body ? await (init.body as Blob).text() : '';
        const sent = { url, method: init.method ?? '', headers, body, init };
        this.sent.push(sent);
        return this.server(sent);
      },
      now: () => this.now,
      timer: (run, ms) => {
        const id = this.#timer++;
        this.#timers.set(id, [this.now + ms, run]);
        return () => void this.#timers.delete(id);
      },
      random: () => 0.5,
      bytes: (length) => Uint8Array.from({ length }, () => (count = (count * 7 + Math.random() * 256) | 0) & 255),
      online: () => this.online,
      user: async () => this.user,
      token: async (refused) => {
        if (refused !== undefined && refused === this.#token) this.#token = this.tokens.shift() ?? '';
        return (this.#token ||= this.tokens.shift() ?? '');
      },
      emit: async (event, entry, answered) => {
        this.events.push([event, entry]);
        if (answered) this.answers.push(answered);
        return this.windows > 0;
      },
      room: async () => void this.rooms++,
      ...over,
    });
  }

  #lock(args: unknown[]): Promise<unknown> {
    const [name, run] = [args[0] as string, args.at(-1) as () => Promise<unknown>];
    const turn = (this.#locks.get(name) ?? Promise.resolve()).then(run);
    this.#locks.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  }

  // Lets `ms` pass; what is due happens.
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await rest();
    for (;;) {
      const [id, due] = [...this.#timers].sort((a, b) => a[1][0] - b[1][0])[0] ?? [];
      if (id === undefined || !due || due[0] > end) break;
      this.#timers.delete(id);
      this.now = Math.max(this.now, due[0]);
      due[1]();
      await rest();
    }
    this.now = end;
  }

  names(id?: string): EntryEvent[] {
    return this.events.filter(([, entry]) => !id || entry.id === id).map(([event]) => event);
  }

  bodies(): string[] {
    return this.sent.map(({ body }) => body);
  }
}

// Until nothing moves: transactions end some turns after they began.
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve));
}
