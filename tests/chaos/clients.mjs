// Clients with a lane each: entry after entry, each sent again until it is answered, as the worker does it. They remember what was answered,
// and hold it against the log.
import { randomUUID } from 'node:crypto';
import { newClient, publish } from '../lib/client-publish.mjs';
import { sleep } from '../lib/until.mjs';

export class Clients {
  #origin;
  #channel;
  #random;
  #written = new Map(); // key -> {client, seq, id}
  #problems = [];
  counts = { answered: 0, replayed: 0, repeated: 0 };

  constructor(origin, channel, random) {
    this.#origin = origin;
    this.#channel = channel;
    this.#random = random;
  }

  // `count` new clients write `entries` each; answers when every one was answered.
  async run(count, entries) {
    this.counts = { ...this.counts };
    await Promise.all(Array.from({ length: count }, () => this.#write(newClient(), entries)));
  }

  async #write(client, entries) {
    for (let seq = 1; seq <= entries; seq += 1) {
      const key = randomUUID();
      const data = { client, seq, text: 'x'.repeat(this.#random.between(0, 200)) };
      await this.#untilAnswered({ key, data, entry: { client, lane: 'notes', seq, acked: seq - 1 } });
    }
  }

  async #untilAnswered(what) {
    for (let attempt = 0; ; attempt += 1) {
      if (attempt > 0) this.counts.repeated += 1;
      const answer = await publish(this.#origin, this.#channel, { ...what, headers: { connection: 'close' } }).catch(
        () => undefined,
      );
      if (answer && answer.status < 500) return this.#judge(what, answer);
      await sleep(this.#random.between(1, 30));
    }
  }

  #judge({ key, data }, { status, body, headers }) {
    if (status !== 200) this.#problems.push(`${data.client} ${data.seq}: ${status} ${JSON.stringify(body)}`);
    this.counts.answered += 1;
    if (headers.get('idempotency-status') === 'replayed') this.counts.replayed += 1;
    this.#written.set(key, { ...data, id: body.id });
  }

  // What is wrong with the log: {epoch, events: [{seq, data}]}.
  check({ epoch, events }) {
    const problems = [...this.#problems];
    const seen = new Map();
    const lanes = new Map();
    for (const { seq, data } of events) {
      const { key, client, seq: entry } = JSON.parse(data);
      const written = this.#written.get(key);
      if (seen.has(key)) problems.push(`${client} ${entry} is there twice, as ${seen.get(key)} and ${seq}`);
      seen.set(key, seq);
      if (!written) problems.push(`${seq} holds what nobody was told of: ${data.slice(0, 80)}`);
      else if (written.id !== `${epoch}:${seq}`)
        problems.push(`${client} ${entry} was answered ${written.id} and stands at ${seq}`);
      const last = lanes.get(client) ?? 0;
      if (entry !== last + 1 && !(entry <= last)) problems.push(`${client}: ${entry} follows ${last}`);
      lanes.set(client, Math.max(last, entry));
    }
    for (const [key, { client, seq }] of this.#written) {
      if (!seen.has(key)) problems.push(`${client} ${seq} was answered and is lost`);
    }
    return problems;
  }
}
