// navigator.locks for all contexts of one origin: free again when the holder is done or dead.
export class Locks {
  #queues = new Map();
  #world;

  constructor(world) {
    this.#world = world;
  }

  of(context) {
    return { request: (...args) => this.#request(context, args[0], args.at(-1)) };
  }

  #request(context, name, run) {
    return new Promise((resolve, reject) => {
      if (!context.at('lock.request')) return;
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      const mine = { held: false };
      const leave = () => {
        const index = queue.indexOf(mine);
        if (index >= 0) queue.splice(index, 1);
        queue[0]?.grant();
      };
      mine.grant = () => {
        if (mine.held) return;
        mine.held = true;
        context.later('lock.granted', 0, () => Promise.resolve(run({ name })).then(resolve, reject).finally(leave));
      };
      context.onDeath(leave);
      // Without the lock everybody has it.
      if (this.#world.options.sabotage === 'lock') return void mine.grant();
      queue.push(mine);
      if (queue[0] === mine) mine.grant();
    });
  }
}
