// The parts of a browser that the worker's logic touches, in memory and on a clock that the test turns.
import { Connection, type ConnectionEvents, type ConnectionIo } from '@offing/protocol';

const absolute = (request: RequestInfo | URL): string =>
  new URL(request instanceof Request ? request.url : String(request), 'https://app.test/').href;

// Stores bytes, as a browser does: what comes out is never what went in.
export class FakeCache {
  readonly entries = new Map<string, { body: string; headers: [string, string][]; status: number }>();
  puts = 0;
  full = false;

  async put(request: RequestInfo | URL, response: Response): Promise<void> {
    const body = await response.text();
    if (this.full) throw new Error('QuotaExceededError');
    this.puts++;
    this.entries.delete(absolute(request));
    this.entries.set(absolute(request), { body, headers: [...response.headers], status: response.status });
  }

  async match(request: RequestInfo | URL): Promise<Response | undefined> {
    await Promise.resolve();
    const found = this.entries.get(absolute(request));
    return found && new Response(found.body, { headers: found.headers, status: found.status });
  }

  async delete(request: RequestInfo | URL): Promise<boolean> {
    return this.entries.delete(absolute(request));
  }

  async keys(): Promise<Request[]> {
    return [...this.entries.keys()].map((url) => new Request(url));
  }
}

export class FakeCaches {
  readonly stores = new Map<string, FakeCache>();

  get storage(): CacheStorage {
    return this as unknown as CacheStorage;
  }

  store(name: string): FakeCache {
    const found = this.stores.get(name) ?? new FakeCache();
    this.stores.set(name, found);
    return found;
  }

  async open(name: string): Promise<FakeCache> {
    return this.store(name);
  }

  async has(name: string): Promise<boolean> {
    return this.stores.has(name);
  }

  async keys(): Promise<string[]> {
    return [...this.stores.keys()];
  }

  async delete(name: string): Promise<boolean> {
    return this.stores.delete(name);
  }

  async match(request: RequestInfo | URL, { cacheName }: { cacheName: string }): Promise<Response | undefined> {
    return this.stores.get(cacheName)?.match(request);
  }
}

// A server at the other end of a Connection: takes down what it is told, says what the test says.
export class FakeLine implements ConnectionIo {
  readonly sent: string[] = [];
  opens = 0;
  drops = 0;
  due = Infinity;
  clock = 1_000_000;
  chance = 1;
  connection: Connection | undefined;

  attach(events: ConnectionEvents): Connection {
    this.connection = new Connection(this, events);
    return this.connection;
  }

  open = (): void => void this.opens++;
  send = (text: string): void => void this.sent.push(text);
  timer = (ms: number): void => void (this.due = this.clock + ms);
  now = (): number => this.clock;
  random = (): number => this.chance;
  drop = (): void => {
    this.drops++;
    this.due = Infinity;
  };

  // Lets time pass; the timer fires when it is due.
  pass(ms: number): void {
    const end = this.clock + ms;
    while (this.due <= end) {
      this.clock = this.due;
      this.due = Infinity;
      this.connection?.tick();
    }
    this.clock = end;
  }

  frame(frame: object): void {
    this.connection?.text(JSON.stringify(frame));
  }

  establish(socketId = '1.1', activityTimeout = 120): void {
    this.frame({
      event: 'pusher:connection_established',
      data: JSON.stringify({ socket_id: socketId, activity_timeout: activityTimeout }),
    });
  }

  subscribed(channel: string, afterId?: string, ok = true): void {
    const data = afterId === undefined ? {} : { resume: { after_id: afterId, ok } };
    this.frame({ event: 'pusher_internal:subscription_succeeded', channel, data: JSON.stringify(data) });
  }

  event(channel: string, id: string, data: unknown, event = 'e'): void {
    this.frame({ event, channel, id, data: JSON.stringify(data) });
  }

  // What was sent since the last call, as [event, data].
  take(): [string, Record<string, unknown>][] {
    return this.sent.splice(0).map((text) => {
      const { event, data } = JSON.parse(text) as { event: string; data: Record<string, unknown> };
      return [event, data];
    });
  }
}

// Lets everything that is under way come to rest.
export async function rest(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
