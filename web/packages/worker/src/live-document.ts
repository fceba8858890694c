// One live URL: the events that wait for it, and the only code that writes its cached copy. Events are applied in
// batches, each with one read and one put; whatever happens to the worker in between, the stored copy is whole and
// stands where it says. At most MAX_QUEUE events wait; what comes beyond is left out, and the feed resumes later.
import {
  fold,
  formatPosition,
  type LiveUrl,
  type LogEvent,
  parsePosition,
  type Position,
  relate,
} from '@offing/protocol';
import { type Copy, DEFINITION_HEADER, type LiveCache } from './live-cache.ts';

export const MAX_QUEUE = 5_000;

export interface CopyHost {
  readonly cache: LiveCache;
  lock(name: string, run: () => Promise<void>): Promise<void>;
  // `own`: as the present user, by a token.
  fetch(path: string, init: RequestInit, own?: boolean): Promise<Response>;
  guard(own?: boolean): Promise<(put: () => Promise<unknown>) => Promise<boolean>>;
  updated(path: string, position: string, added: number, reset: boolean): void;
}

const MAX_KEYS = 32;

// The keys that the copy holds once the events up to `position` are in it.
function keysOf({ keys }: Copy, events: LogEvent[], position: Position): string {
  const all = keys.split(' ');
  for (const { id, key } of events) {
    const at = key && parsePosition(id);
    if (at && relate(position, at) === 'old') all.push(encodeURIComponent(key));
  }
  return all.slice(-MAX_KEYS).join(' ').trim();
}

export interface DocumentHost extends CopyHost {
  report(code: string, detail: string): void;
  // Nothing waits for this document any more; undefined: it has no copy.
  settled(document: LiveDocument, position: Position | undefined): void;
}

export class LiveDocument {
  readonly path: string;
  readonly channel: string;
  tries = 0; // how often its feed resumed for it without an event getting any further
  readonly #live: LiveUrl;
  readonly #host: DocumentHost;
  #queue: LogEvent[] = [];
  #stale = false; // the copy has to be fetched whole
  #held = false; // a fetch failed: wait for retry()
  #running: Promise<void> | undefined;
  #position: Position | undefined;

  constructor(live: LiveUrl, host: DocumentHost) {
    this.path = live.url;
    this.channel = live.channel;
    this.#live = live;
    this.#host = host;
  }

  push(event: LogEvent): void {
    if (this.#queue.length < MAX_QUEUE) this.#queue.push(event);
    if (!this.#held) void this.#run();
  }

  get own(): boolean | undefined {
    return this.#live.private;
  }

  // Fetches the copy if it was folded by other rules than ours.
  async check(): Promise<void> {
    if ((await this.#host.cache.definition(this.path)) !== this.#live.definition) void this.refresh();
  }

  // Fetches the copy whole; events that come meanwhile wait.
  refresh(): Promise<void> {
    this.#stale = true;
    this.#held = false;
    return this.#run();
  }

  // Tries again what failed.
  retry(): void {
    if (this.#held) void this.refresh();
  }

  // Says again where this document stands, unless it is about to say so by itself.
  settle(): void {
    if (!this.#running && !this.#held && this.#position) this.#host.settled(this, this.#position);
  }

  get #waiting(): boolean {
    return !this.#held && (this.#stale || this.#queue.length > 0);
  }

  #run(): Promise<void> {
    return (this.#running ??= this.#host
      .lock(`offing:${this.path}`, async () => {
        while (this.#waiting) await (this.#stale ? this.#fetch() : this.#apply());
      })
      .catch((error: unknown) => {
        // Mostly a full disk. The copy is as it was, so the events can be asked for again.
        this.#held = true;
        this.#queue = [];
        this.#host.report('cache', `${this.path}: ${error}`);
      })
      .then(() => {
        this.#running = undefined;
        // An event may have come while the lock was given back.
        if (this.#waiting) return this.#run();
        return this.#held ? undefined : this.#host.settled(this, this.#position);
      }));
  }

  async #apply(): Promise<void> {
    const events = this.#queue;
    this.#queue = [];
    const { definition, private: own, rule } = this.#live;
    const put = await this.#host.guard(own);
    const copy = await this.#host.cache.read(this.path);
    this.#position = copy?.position;
    if (!copy) return;
    const folded = fold(copy, events, rule);
    const moved = folded.position !== copy.position;
    if (folded.invalidated || (moved && copy.definition !== definition)) {
      // Not stored: should the fetch fail, these events come again.
      this.#stale = true;
    } else if (moved) {
      const { value, position } = folded;
      const keys = keysOf(copy, events, position);
      const next: Copy = { value, position, definition, keys, fetched: copy.fetched };
      this.#position = undefined;
      if (!(await put(() => this.#host.cache.write(this.path, next, own)))) return;
      this.#position = folded.position;
      this.tries = 0;
      this.#host.updated(this.path, formatPosition(folded.position), folded.added, false);
    }
    if (folded.gap) this.#queue = [];
  }

  async #fetch(): Promise<void> {
    let response: Response;
    try {
      const { private: own, rule } = this.#live;
      const put = await this.#host.guard(own);
      const asked = Date.now();
      response = await this.#host.fetch(this.path, { cache: 'no-store' }, own);
      const position = await this.#host.cache.adopt(this.path, response, rule.maxBytes, put, own, asked);
      if (position) {
        this.#stale = false;
        this.#position = position;
        return this.#host.updated(this.path, formatPosition(position), 0, true);
      }
    } catch (error) {
      this.#held = true;
      return this.#host.report('fetch', `${this.path}: ${error}`);
    }
    this.#host.report('fetch', `${this.path} answered ${response.status} and no live resource`);
    this.#held = true;
    // One that says that it is gone is believed, and one by which our server says that it is not to be kept (it names
    // the resource, and no position); any other answer may be a server in trouble, or somebody in between.
    const { status, headers } = response;
    if (status !== 404 && status !== 410 && !(status === 200 && headers.has(DEFINITION_HEADER))) return;
    await this.#host.cache.delete(this.path);
    this.#stale = this.#held = false;
    this.#queue = [];
    this.#position = undefined;
  }
}
