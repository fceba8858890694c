// The server's word on its workers (spec/worker.md, Control): switch off, or be of a version. It is read in the background
// when the worker starts, at most once a minute whatever starts it, and comes over the socket when it changes.
import { type Control as Word, readControl } from '@offing/protocol';
import { recall, remember } from './memory.ts';

const PATH = '/_offing/control';
const KEY = 'control';
const FRESH_MS = 60_000;
const PATIENCE_MS = 5_000;

export interface ControlHost {
  off(): Promise<void>;
  on(required: string): Promise<void>; // '' or a manifest
}

interface Stored {
  at: number; // ms since 1970
  word: Word;
}

export class Control {
  readonly #host: ControlHost;
  #obeyed = false;
  #doubted = false;

  constructor(host: ControlHost) {
    this.#host = host;
  }

  // Reads it, unless somebody has within the last minute (`now`: also then), and does what it says. Whether the server is there.
  check(now = false): Promise<boolean> {
    return this.#read(now).catch(() => false);
  }

  // The server may be away: the next check asks, however lately somebody has.
  doubt(): void {
    this.#doubted = true;
  }

  // Does (again) what it said last.
  obey(): Promise<boolean> {
    this.#obeyed = false;
    return this.check();
  }

  async hear(word: Word): Promise<void> {
    await remember(KEY, { at: Date.now(), word });
    await this.#obey(word);
  }

  async #read(now: boolean): Promise<boolean> {
    const known = await recall<Stored>(KEY);
    const age = Date.now() - (known?.at ?? 0);
    if (known && !now && !this.#doubted && age >= 0 && age < FRESH_MS) {
      if (!this.#obeyed) await this.#obey(known.word);
      return true;
    }
    const response = await fetch(PATH, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    this.#doubted = false;
    if (!response.ok) return response.status < 500;
    await this.hear(readControl(await response.json()));
    return true;
  }

  async #obey({ kill, require, manifest }: Word): Promise<void> {
    this.#obeyed = true;
    const wanted = require === 'latest' ? manifest : require;
    await (kill ? this.#host.off() : this.#host.on(wanted).catch(() => undefined));
  }
}
