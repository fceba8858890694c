// A page or one life of a worker: what can be killed. Whatever it does to the world, and whatever comes back to it, is a point at which it may die;
// from then on nothing that it does has an effect, and nothing ever comes back.
export class Context {
  alive = true;
  #world;
  #armed;
  #deaths = [];

  constructor(world, kind) {
    this.#world = world;
    this.kind = kind;
  }

  // Dies at the n-th time that it comes to `point`.
  arm(point, nth) {
    this.#armed = { point, nth };
  }

  // False if it is dead.
  at(point) {
    if (!this.alive) return false;
    this.#world.faults.met(point);
    const armed = this.#armed;
    if (armed?.point === point && --armed.nth <= 0) {
      this.#world.faults.struck(`${this.kind} killed at ${point}`);
      this.kill();
    }
    return this.alive;
  }

  onDeath(run) {
    this.#deaths.push(run);
  }

  kill() {
    if (!this.alive) return;
    this.alive = false;
    for (const run of this.#deaths) run();
    this.#world.died(this);
  }

  // `run` happens after `ms`, unless it is dead by then.
  later(point, ms, run) {
    return this.#world.scheduler.after(ms, () => this.at(point) && run());
  }

  // What comes back after some `ms`.
  answer(point, ms, make) {
    return new Promise((resolve, reject) => {
      if (!this.alive) return;
      this.later(point, ms, () => {
        try {
          resolve(make());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}
