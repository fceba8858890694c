// The points at which a worker can be killed, each before or after its effect, and how often each was met and used. A point is armed for its
// n-th meeting; whoever owns the worker is told when it strikes.
export const POINTS = ['put', 'match', 'fetch', 'open', 'send', 'receive', 'lock'];

export class Faults {
  #met = new Map();
  #struck = new Map();

  met(point) {
    this.#met.set(point, (this.#met.get(point) ?? 0) + 1);
  }

  struck(name) {
    this.#struck.set(name, (this.#struck.get(name) ?? 0) + 1);
  }

  count(name) {
    return this.#struck.get(name) ?? 0;
  }

  lines() {
    const points = [...this.#met].map(([point, count]) => `${point} ${count}`).sort();
    const faults = [...this.#struck].map(([name, count]) => `${name} ${count}`).sort();
    return [`points met: ${points.join(', ')}`, `faults: ${faults.join(', ')}`];
  }
}

// One worker's trigger: at the n-th meeting of a point, `before` or `after` its effect.
export class Trigger {
  #armed;
  #faults;
  #kill;

  constructor(faults, kill) {
    this.#faults = faults;
    this.#kill = kill;
  }

  arm(point, phase, nth) {
    this.#armed = { point, phase, left: nth };
  }

  // `before`: counts the meeting.
  pass(point, phase) {
    if (phase === 'before') {
      this.#faults.met(point);
      if (this.#armed?.point === point) this.#armed.left -= 1;
    }
    if (this.#armed?.point !== point || this.#armed.phase !== phase || this.#armed.left > 0) return;
    this.#armed = undefined;
    this.#faults.struck(`worker killed ${phase} ${point}`);
    this.#kill();
  }
}
