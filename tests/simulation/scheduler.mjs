// Time, and the order in which things happen: one event at a time, each run to its end with all promises that it settles. The same seed makes the
// same events. Wall clocks may be set (`skew`), timers do not notice.
const turn = () => new Promise((resolve) => setImmediate(resolve));

export class Scheduler {
  now = 1_700_000_000_000;
  skew = 0;
  events = 0;
  #queue = []; // the next at the end
  #ends = new Set();

  get wall() {
    return Math.round(this.now + this.skew);
  }

  // `run` happens after `ms`; the answer takes it back.
  after(ms, run) {
    const event = { at: this.now + Math.max(ms, 0), run };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#queue[middle].at > event.at) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, event);
    return () => (event.run = undefined);
  }

  // Runs once, when the event that runs now has come to its end.
  atEnd(run) {
    this.#ends.add(run);
  }

  async #settle() {
    do {
      const ends = [...this.#ends];
      this.#ends.clear();
      await turn();
      for (const end of ends) end();
    } while (this.#ends.size);
  }

  // Lets `ms` pass; sooner over if `done` says so.
  async pass(ms, done = () => false) {
    const until = this.now + ms;
    await this.#settle();
    while (!done()) {
      const event = this.#queue.at(-1);
      if (!event || event.at > until) break;
      this.#queue.pop();
      if (!event.run) continue;
      this.now = event.at;
      this.events += 1;
      event.run();
      await this.#settle();
    }
    if (!done()) this.now = until;
  }
}
