// Keeps the worker running while a page is open. Browsers stop a worker some 30 seconds after its last event, whatever
// its socket does; so each ping of a page is held open until the second next one. Pages that are hidden have slow
// timers but prompt message handlers, so the worker asks for the pings. Nothing depends on any of this for being right.
const PULSE_MS = 20_000;
const HOLD_MS = 120_000;
const EMPTY_MS = 60_000;

export interface KeepAliveHost {
  windows(): Promise<number>; // asks every page for a ping and says how many there are
  empty(): void; // no page was open for a minute
}

export class KeepAlive {
  readonly #host: KeepAliveHost;
  readonly #held: (() => void)[] = [];
  #pulse: ReturnType<typeof setInterval> | undefined;
  #seenAt = 0;
  #retired = false;

  constructor(host: KeepAliveHost) {
    this.#host = host;
  }

  hold(event: { waitUntil(promise: Promise<unknown>): void }): void {
    this.#seenAt = Date.now();
    this.#pulse ??= setInterval(() => void this.#beat(), PULSE_MS);
    if (this.#retired) return;
    event.waitUntil(
      new Promise<void>((resolve) => {
        this.#held.push(resolve);
        setTimeout(resolve, HOLD_MS);
      }),
    );
    if (this.#held.length > 2) this.#held.shift()?.();
  }

  // Another version wants to take over, and waits until no event is open.
  retire(): void {
    this.#retired = true;
    this.#release();
  }

  #release(): void {
    for (const release of this.#held.splice(0)) release();
  }

  async #beat(): Promise<void> {
    if (await this.#host.windows()) {
      this.#seenAt = Date.now();
      return;
    }
    // A version that waits for the pages to be closed waits for open events, too.
    this.#release();
    if (Date.now() - this.#seenAt >= EMPTY_MS) {
      clearInterval(this.#pulse);
      this.#pulse = undefined;
      this.#host.empty();
    }
  }
}
