// Lives of the journal and the SQLite store on a disk that loses its power at the end of each.
import { Ledger } from '../lib/ledger.mjs';
import { sleep } from '../lib/until.mjs';
import { Disk, Driver, dump, foldOf } from './driver.mjs';
import { losePower } from './lose.mjs';

const CHANNELS = ['a', 'b', 'c', 'short-a'];
const WINDOW = 40; // publications waiting for their answer

// One folder through several lives, and what its publisher knows.
export class Lives {
  #random;
  #synchronous;
  #open = new Map(); // id -> publication without an answer yet
  #answered = []; // publications with a key, with their positions: to be repeated
  #count = 0;

  constructor(random, { synchronous = 'full' } = {}) {
    this.#random = random;
    this.#synchronous = synchronous;
    this.disk = new Disk();
    this.ledger = new Ledger();
  }

  #newPublication() {
    const id = String((this.#count += 1));
    const random = this.#random;
    const events = Array.from({ length: random.between(1, 4) }, (_, n) => ({
      channel: random.pick(CHANNELS),
      data: `${id}.${n}.${'x'.repeat(random.chance(0.1) ? random.between(0, 9_000) : random.between(0, 60))}`,
    }));
    for (const { channel, data } of events) this.ledger.send(channel, data);
    return { id, key: random.chance(0.3) ? `key-${id}` : undefined, events };
  }

  #next() {
    if (this.#answered.length > 0 && this.#random.chance(0.05)) return this.#random.pick(this.#answered);
    return this.#newPublication();
  }

  #hear({ id, positions, why }) {
    const publication = this.#open.get(id);
    this.#open.delete(id);
    if (!publication) return;
    if (why) {
      this.ledger.problems.push(`publication ${id} was refused: ${why}`);
      return;
    }
    publication.events.forEach(({ channel, data }, i) => this.ledger.acknowledge(channel, positions[i], data));
    if (publication.key) this.#answered.push(publication);
  }

  // Publishes until it is killed; answers what its driver had to say if it ended by itself.
  async #publish() {
    // Without a key nobody may ask again; with one the publisher does, until it has its answer.
    const again = [...this.#open.values()].filter(({ key }) => key);
    this.#open.clear();
    const driver = new Driver(this.disk, {
      synchronous: this.#synchronous,
      onAnswer: (answer) => {
        this.#hear(answer);
        fill();
      },
    });
    const publish = (publication) => {
      this.#open.set(publication.id, publication);
      driver.publish(publication);
    };
    const fill = () => {
      while (this.#open.size < WINDOW) publish(this.#next());
    };
    // Now and then the power goes while it is still starting.
    if (this.#random.chance(0.9)) await Promise.race([driver.ready, driver.closed]);
    for (const publication of again) publish(publication);
    fill();
    await sleep(this.#random.between(1, 120));
    const { code } = await driver.kill();
    return code === null ? [] : [`the driver ended by itself with ${code}: ${driver.said}`];
  }

  // One life and the loss of power at its end: what is wrong afterwards.
  async live(way) {
    const ended = await this.#publish();
    this.lost = losePower(this.disk.mounted, this.disk.record, way, this.#random);
    let logs;
    try {
      logs = dump(this.disk);
    } catch (error) {
      return [...ended, `it cannot be opened again: ${error.stderr || error.message}`];
    }
    const channels = new Set([...this.ledger.channels, ...logs.keys()]);
    const found = [...channels].flatMap((channel) => [
      ...this.ledger.check(channel, logs.get(channel)),
      ...checkSnapshot(channel, logs.get(channel)),
    ]);
    return [...ended, ...this.ledger.problems, ...found];
  }

  end() {
    this.disk.remove();
  }
}

function checkSnapshot(channel, log) {
  if (!log) return [];
  const position = `${log.epoch}:${log.head}`;
  if (log.snapshot?.position !== position) return [`${channel}: the snapshot is not at ${position}`];
  if (log.first === 1 && log.snapshot.fold !== foldOf(log.events))
    return [`${channel}: the snapshot is not the fold of the log`];
  return [];
}
