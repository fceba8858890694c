// live(url, callback): shows a live resource and what becomes of it. Values are read from the cache that the worker
// patches, so an update costs no request, and a page that opens offline shows what was there.
import {
  type Json,
  LIVE_CACHE,
  parsePosition,
  PENDING_HEADER,
  type Position,
  POSITION_HEADER,
  SHOWN_CACHE,
} from '@offing/protocol';
import { listen, onPing, ready, send, warn } from './link.ts';
import { state } from './state.ts';

const HIDDEN_MS = 1_000;

export interface LiveInfo {
  position: string; // EPOCH:SEQ of the value
  added: number; // events since the last call
  reset: boolean; // the value was fetched whole, not patched
  pending: number; // writes of this browser that are in the value and not sent yet
  live: boolean; // false: there is no worker here, or the resource is not to be kept; this is the only call
  online: boolean;
  since: number; // ms since 1970: how long it has been online, or offline
}

export interface LiveHandle {
  close(): void;
}

export type LiveCallback<Value> = (value: Value, info: LiveInfo) => void;

const views = new Set<View>();

// Calls back with the cached value, and again each time it changed. Several changes may come in one call, in a hidden
// page at most one call per second.
export function live<Value = Json>(
  url: string,
  callback: LiveCallback<Value>,
  options: { signal?: AbortSignal } = {},
): LiveHandle {
  const view = new View(new URL(url, location.href).pathname, callback as LiveCallback<unknown>);
  const close = (): void => view.close();
  if (options.signal?.aborted) close();
  options.signal?.addEventListener('abort', close, { once: true });
  return { close };
}

class View {
  readonly path: string;
  readonly #callback: LiveCallback<unknown>;
  #shown: Position | undefined;
  #added = 0;
  #told: Position | undefined; // up to which #added counts
  #reset = false;
  #changed = false; // what is pending is not what it was
  #fetched = false; // without a copy
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading = false;
  #again = false;

  constructor(path: string, callback: LiveCallback<unknown>) {
    this.path = path;
    this.#callback = callback;
    views.add(this);
    void this.#read();
    void ready.then((there) => (there ? this.ask() : this.once()));
  }

  close(): void {
    views.delete(this);
    clearTimeout(this.#timer);
  }

  // Has the worker fetch the resource if it is not there yet.
  ask(): void {
    send({ offing: 'live', url: this.path });
  }

  // The copy now stands at `position`; '': there is none, so the value is what the server says now.
  updated(position: string, added: number, reset: boolean, pending?: number): void {
    if (pending !== undefined) {
      this.#changed = true;
      this.look();
    }
    if (!position) {
      if (!this.#shown && !this.#fetched) void this.once();
      return;
    }
    const told = parsePosition(position);
    if (!reset && this.#has(told)) return;
    this.#told = told;
    this.#added += added;
    this.#reset ||= reset;
    this.look();
  }

  // Reads the copy, soon.
  look(): void {
    if (!document.hidden) void this.#read();
    else this.#timer ||= setTimeout(() => void this.#read(), HIDDEN_MS);
  }

  #has(position: Position | undefined): boolean {
    const shown = this.#shown;
    return Boolean(shown && position && shown.epoch === position.epoch && position.seq <= shown.seq);
  }

  async #read(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#again) {
        this.#again = false;
        // Without https there is no cache either.
        const response = (await this.#copy(SHOWN_CACHE)) ?? (await this.#copy(LIVE_CACHE));
        if (response) this.#show(response.headers, await response.json(), true);
      }
    } catch (error) {
      warn(`${this.path}: ${error}`);
    }
    this.#reading = false;
  }

  #copy(cacheName: string): Promise<Response | undefined> | undefined {
    return globalThis.caches?.match(this.path, { cacheName });
  }

  #show(headers: Headers, value: unknown, isLive: boolean): void {
    const text = headers.get(POSITION_HEADER);
    const position = parsePosition(text);
    const shown = this.#shown;
    const same = shown && position && shown.epoch === position.epoch;
    const moved = same ? position.seq - shown.seq : 0;
    const [added, reset] = [this.#added, this.#reset];
    if (!views.has(this) || (same && !moved && !reset && !this.#changed)) return;
    this.#reset = this.#changed = false;
    this.#shown = position;
    // How far the messages are ahead of the copy; below 0: the copy is newer than any message.
    const ahead = same && this.#told?.epoch === position.epoch ? this.#told.seq - position.seq : -1;
    const { online, since } = state() ?? { online: navigator.onLine, since: Date.now() };
    const news = !shown || reset ? 0 : ahead < 0 ? moved : Math.min(added, moved);
    this.#added = ahead > 0 ? added - news : 0;
    const pending = Number(headers.get(PENDING_HEADER));
    try {
      this.#callback(value, { position: text ?? '', added: news, reset, pending, live: isLive, online, since });
    } catch (error) {
      reportError(error);
    }
  }

  // Without a copy: the value as it is now.
  async once(): Promise<void> {
    this.#fetched = true;
    try {
      const response = await fetch(this.path);
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      this.#reset = true;
      this.#show(response.headers, await response.json(), false);
    } catch (error) {
      warn(`${this.path}: ${error}`);
    }
  }
}

listen('update', (message) => {
  const { url, position, added, reset, pending } = message;
  for (const view of views) if (view.path === url) view.updated(position, added, reset, pending);
});

// Nobody keeps the copies any more.
listen('killed', () => {
  for (const view of views) void view.once();
});

onPing((wake) => {
  for (const view of views) {
    // The worker may have dropped what nobody asked for lately.
    view.ask();
    if (wake) view.look();
  }
});
