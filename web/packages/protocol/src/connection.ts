// The life of one connection to the server, without the socket: what to send, when to try again, when to give up.
// It is told what happened and answers through ConnectionIo; it holds one timer. It tries for ever with full jitter
// (0.3 s, doubled each time, 5 s at most: a person is looking at the page), and every five minutes after a code that says
// "never" (spec/errors.md): what the server refuses today it may be configured for tomorrow.
import { type Control, decodeFrame, encodePing, encodePong, type Frame } from './frames.ts';

export interface ConnectionIo {
  open(): void; // begin a new socket; opened, text and closed come back for it
  send(text: string): void;
  drop(): void; // close the socket and tell nothing more about it
  timer(ms: number): void; // call tick() after ms; replaces the timer before
  now(): number;
  random(): number;
}

export interface ConnectionEvents {
  up(socketId: string): void;
  down(): void; // it is gone, or the first try came to nothing
  frame(frame: Frame): void; // all but pings, pongs, the handshake and control
  control?(control: Control): void; // what the operator wants of every worker
  refused(code: number, message: string): void; // not again for a while
}

export const HANDSHAKE_MS = 15_000;
export const PONG_MS = 10_000;
const PROBE_MS = 5_000;
const REFUSED_MS = 300_000;
const STABLE_MS = 5_000;
const FIRST_DELAY_MS = 300;
const MAX_DELAY_MS = 5_000;
const POLITE_DELAY_MS = 1_000;

type State = 'idle' | 'waiting' | 'connecting' | 'up' | 'refused';

export class Connection {
  readonly #io: ConnectionIo;
  readonly #events: ConnectionEvents;
  #state: State = 'idle';
  #tries = 0; // since it was up
  #short = 0; // connections in a row that did not stand for STABLE_MS
  #upAt = 0;
  #heardAt = 0;
  #pinged = false;
  #activityMs = 0;
  #told: boolean | undefined; // what up() and down() said last

  constructor(io: ConnectionIo, events: ConnectionEvents) {
    this.#io = io;
    this.#events = events;
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  // Connects if there is no connection, also when the next try would be later. `probe`: the network or the machine may
  // have been away, so a connection that looks alive has to prove it soon.
  wake(probe = false): void {
    if (this.#state === 'idle' || this.#state === 'waiting') this.#connect();
    if (probe && this.#state === 'up' && this.#io.now() - this.#heardAt > PROBE_MS) this.#ping(PROBE_MS);
  }

  // Closes; wake() starts again.
  stop(): void {
    this.#state = 'idle';
    this.#io.drop();
    this.#down();
  }

  // Does nothing while there is no connection.
  send(text: string): void {
    if (this.up) this.#io.send(text);
  }

  text(text: string): void {
    const frame = decodeFrame(text);
    this.#heardAt = this.#io.now();
    this.#pinged = false;
    switch (frame?.type) {
      case 'pong':
        return;
      case 'ping':
        return this.#io.send(encodePong());
      case 'established':
        if (this.#state !== 'connecting') return;
        this.#state = 'up';
        this.#upAt = this.#heardAt;
        this.#tries = 0;
        this.#activityMs = Math.min(frame.activityTimeout, 120) * 1000;
        this.#io.timer(this.#activityMs);
        this.#told = true;
        return this.#events.up(frame.socketId);
      case 'control':
        return this.#events.control?.(frame.control);
      default:
        if (frame) this.#events.frame(frame);
    }
  }

  closed(code: number, reason: string): void {
    if (this.#state === 'refused') return;
    if (code >= 4000 && code < 4100) {
      this.#state = 'refused';
      this.#io.drop();
      this.#io.timer(REFUSED_MS);
      this.#down();
      return this.#events.refused(code, reason);
    }
    const again = code >= 4200 && code < 4300;
    const polite = (code >= 4100 && code < 4200) || (code >= 1002 && code < 1010 && code !== 1005 && code !== 1006);
    this.#retry(again, polite ? POLITE_DELAY_MS : 0);
  }

  tick(): void {
    const now = this.#io.now();
    if (this.#state === 'waiting' || this.#state === 'refused') {
      this.#connect();
    } else if (this.#state === 'connecting' || (this.#state === 'up' && this.#pinged)) {
      this.#io.drop();
      this.#retry(this.#state === 'up', 0);
    } else if (this.#state === 'up') {
      const left = this.#heardAt + this.#activityMs - now;
      if (left > 0) this.#io.timer(left);
      else this.#ping(PONG_MS);
    }
  }

  #connect(): void {
    this.#state = 'connecting';
    this.#io.timer(HANDSHAKE_MS);
    this.#io.open();
  }

  #ping(patience: number): void {
    if (this.#pinged) return;
    this.#pinged = true;
    this.#io.send(encodePing());
    this.#io.timer(patience);
  }

  // `atOnce` holds for a connection that had stood for a while: a server that only shakes hands is not hammered.
  #retry(atOnce: boolean, floor: number): void {
    const wasUp = this.up;
    const stable = wasUp && this.#io.now() - this.#upAt >= STABLE_MS;
    if (wasUp) this.#short = stable ? 0 : this.#short + 1;
    const ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#short + this.#tries++));
    this.#state = 'waiting';
    this.#pinged = false;
    this.#io.timer(atOnce && stable ? 0 : floor + this.#io.random() * ceiling);
    this.#down();
  }

  #down(): void {
    if (this.#told === false) return;
    this.#told = false;
    this.#events.down();
  }
}
