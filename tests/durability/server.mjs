// Lives of the whole server on a disk that loses its power at the end of each.
import { Ledger } from '../lib/ledger.mjs';
import { Publishers } from '../lib/publishers.mjs';
import { readBack } from '../lib/read-back.mjs';
import { Server } from '../lib/server.mjs';
import { sleep } from '../lib/until.mjs';
import { Disk } from './driver.mjs';
import { losePower } from './lose.mjs';

const CHANNELS = ['feed-a', 'feed-b'];
const CONFIG = `
[[channel]]
name = "feed*"
log = { events = 1_000_000 }
`;

export class ServerLives {
  #random;
  #server;
  #publishers;
  #life = 0;

  static async make(random, { lie = false } = {}) {
    const lives = new ServerLives();
    lives.#random = random;
    lives.disk = new Disk();
    lives.ledger = new Ledger();
    const env = lives.disk.env(lie ? { POWERLOSS_LIE: '1' } : {});
    lives.#server = await Server.start({ config: CONFIG, data: lives.disk.data, env });
    lives.#publishers = new Publishers(lives.#server, lives.ledger, random, CHANNELS);
    return lives;
  }

  // One life and the loss of power at its end: what is wrong afterwards. The server lives on.
  async live(way) {
    const publishing = this.#publishers.run(String((this.#life += 1)), 6);
    await sleep(this.#random.between(50, 400));
    await this.#server.kill();
    this.#publishers.stop();
    await publishing;
    this.lost = losePower(this.disk.mounted, this.disk.record, way, this.#random);
    try {
      await this.#server.run();
    } catch (error) {
      return [`it does not start again: ${error.message}`];
    }
    const problems = [...this.ledger.problems];
    for (const channel of CHANNELS) {
      problems.push(...this.ledger.check(channel, await readBack(this.#server, channel)));
    }
    return problems;
  }

  async end() {
    await this.#server.kill();
    this.disk.remove();
  }
}
