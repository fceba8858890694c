// Many publishers at once against one server that may die at any moment: some name a key and ask again until they are answered, some
// ask once. What they sent and what was acknowledged goes into a ledger.
import { sleep } from './until.mjs';

export class Publishers {
  #server;
  #ledger;
  #random;
  #channels;
  #stopped = false;
  #count = 0;
  acknowledged = 0;
  replayed = 0;

  constructor(server, ledger, random, channels) {
    this.#server = server;
    this.#ledger = ledger;
    this.#random = random;
    this.#channels = channels;
  }

  // `name` keeps the data of different lives apart. Answers once all have ended after stop().
  run(name, count) {
    this.#stopped = false;
    return Promise.all(Array.from({ length: count }, (_, i) => this.#publish(`${name}.${i}`)));
  }

  stop() {
    this.#stopped = true;
  }

  async #publish(name) {
    while (!this.#stopped) {
      const id = `${name}.${(this.#count += 1)}`;
      if (this.#random.chance(0.3)) await this.#once(this.#batch(id));
      else if (this.#random.chance(0.4)) await this.#once(this.#event(id));
      else await this.#untilAnswered(this.#event(id), `key-${id}`);
    }
  }

  // To several channels at once, with the same data.
  #event(id) {
    const count = this.#random.between(1, this.#channels.length);
    const channels = this.#channels.slice(0, count);
    const data = this.#data(id);
    const events = channels.map((channel) => ({ channel, data }));
    const positions = (body) => channels.map((channel) => body.event_ids[channel]);
    return { what: '/events', json: { name: 'e', data, channels }, events, positions };
  }

  #batch(id) {
    const events = Array.from({ length: this.#random.between(1, 10) }, (_, n) => ({
      channel: this.#random.pick(this.#channels),
      data: this.#data(`${id}.${n}`),
    }));
    const batch = events.map((event) => ({ ...event, name: 'e' }));
    return {
      what: '/batch_events',
      json: { batch },
      events,
      positions: (body) => body.batch.map((item) => item.event_id),
    };
  }

  #data(id) {
    const padding = this.#random.chance(0.1) ? this.#random.between(0, 9_000) : this.#random.between(0, 100);
    return `${id}.${'x'.repeat(padding)}`;
  }

  // true: answered. A server that is dead or dying is no answer.
  async #once({ what, json, events, positions }, headers = {}) {
    for (const { channel, data } of events) this.#ledger.send(channel, data);
    let answer;
    try {
      answer = await this.#server.api.call('POST', what, { json, headers });
    } catch {
      await sleep(10);
      return false;
    }
    if (answer.status === 503) return false;
    if (answer.status !== 200) {
      this.#ledger.problems.push(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return true;
    }
    positions(answer.body).forEach((position, i) => {
      this.#ledger.acknowledge(events[i].channel, position, events[i].data);
      this.acknowledged += 1;
    });
    if (answer.headers.get('idempotency-status') === 'replayed') this.replayed += 1;
    return true;
  }

  async #untilAnswered(publication, key) {
    while (!(await this.#once(publication, { 'idempotency-key': key }))) {
      if (this.#stopped) return;
    }
  }
}
