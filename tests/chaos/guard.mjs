// kill -9 of the server while clients write to an app behind it, which counts its own effects: nothing lost, nothing doubled, every lane in
// order.
//
//   node guard.mjs [RUNS]      default: 6, half with each rule. SEED repeats the choices; OFFING_BIN names another binary
//
// With lost = "retry" the app commits keys with its effects. With lost = "hold" it knows nothing of keys, and a person, who can look at the
// app, decides about every write whose outcome is unknown. What was answered is known to this process only. SABOTAGE=app has the app of
// retry forget keys, SABOTAGE=server has the server of hold take none: both have to be seen.
import { newClient, newKey, OutboxApp, problemOf, write } from '../lib/outbox-app.mjs';
import { CuttableProxy } from '../lib/proxy.mjs';
import { Random, seedOfRun } from '../lib/random.mjs';
import { Server } from '../lib/server.mjs';
import { Tally } from '../lib/tally.mjs';
import { sleep } from '../lib/until.mjs';

const { SABOTAGE = '' } = process.env;
const NO_GUARD = SABOTAGE === 'server'; // keys without quotes, and no rule that speaks of them
const CLIENTS = 6;
const WAYS = [
  { lost: 'retry', dedupe: SABOTAGE !== 'app' },
  { lost: 'hold', dedupe: false },
].filter(({ lost }) => !SABOTAGE || (SABOTAGE === 'app') === (lost === 'retry'));
const runs = Number(process.argv[2] ?? 6);
const random = new Random(seedOfRun());
const tally = new Tally('guard', random.seed);

class World {
  counts = { answered: 0, replayed: 0, repeated: 0, unknown: 0, resent: 0, kills: 0 };
  answered = new Map(); // key -> {client, seq}
  problems = [];

  static async start({ lost, dedupe }) {
    const world = new World();
    world.app = await OutboxApp.start({ dedupe });
    const config = NO_GUARD ? '' : `[[outbox]]\nmatch = "/api/*"\nlost = "${lost}"\n`;
    world.server = await Server.start({ site: '', config, args: ['--origin', world.app.origin, '--threads', '2'] });
    world.proxy = await CuttableProxy.start(world.server.port);
    return world;
  }

  async end() {
    await this.server.kill();
    await this.app.kill();
  }

  async client(entries) {
    const client = newClient();
    for (let seq = 1; seq <= entries; seq += 1) {
      const key = newKey();
      await this.untilAnswered({
        key,
        entry: { client, lane: 'notes', seq, acked: seq - 1 },
        body: `${client} ${seq}`,
      });
      this.answered.set(key, { client, seq });
    }
  }

  async untilAnswered(options) {
    let headers = {};
    for (let attempt = 0; ; attempt += 1) {
      if (attempt > 0) this.counts.repeated += 1;
      const answer = await write(this.proxy.origin, '/api/notes', { ...options, headers, bare: NO_GUARD }).catch(
        () => undefined,
      );
      const decided = answer && (await this.judge(options.key, answer));
      if (decided === 'done') return;
      headers = decided === 'resend' ? { 'offing-decision': 'resend' } : {};
      await sleep(random.between(1, 30));
    }
  }

  async judge(key, answer) {
    const problem = answer.status === 409 ? problemOf(answer) : '';
    if (answer.status >= 500 || problem === 'outstanding') return undefined;
    if (problem === 'outcome-unknown') return this.decide(key);
    this.counts.answered += 1;
    if (problem === 'decided') return 'done';
    const status = answer.headers.get('idempotency-status');
    if (status === 'replayed') this.counts.replayed += 1;
    if (answer.status !== 201 || (!status && !NO_GUARD))
      this.problems.push(`${key}: ${answer.status} ${status} ${answer.text}`);
    return 'done';
  }

  // What a person does: looks at the app, once nothing can still be on its way there.
  async decide(key) {
    this.counts.unknown += 1;
    await sleep(100);
    if ((await this.app.effects(key)).length > 0) return 'done';
    this.counts.resent += 1;
    return 'resend';
  }

  async cutNowAndThen(over) {
    while (!over.yes) {
      await Promise.race([this.proxy.cutAfter(random.between(1, 6_000)), over.promise]);
      await sleep(random.between(1, 30));
    }
  }

  async run() {
    const over = {};
    over.promise = new Promise((resolve) => (over.end = () => ((over.yes = true), resolve())));
    const cutting = this.cutNowAndThen(over);
    const writing = Promise.all(Array.from({ length: CLIENTS }, () => this.client(random.between(20, 60))));
    for (let kills = random.between(2, 4); kills > 0; kills -= 1) {
      await sleep(random.between(50, 400));
      await this.server.kill();
      this.counts.kills += 1;
      await this.server.run();
    }
    over.end();
    await Promise.all([cutting, writing]);
  }

  async check() {
    const problems = [...this.problems];
    const seen = new Map();
    const lanes = new Map();
    for (const { key: quoted, n } of await this.app.effects()) {
      const key = quoted.replaceAll('"', '');
      const written = this.answered.get(key);
      if (seen.has(key)) problems.push(`${key} took effect twice, as ${seen.get(key)} and ${n}`);
      else if (!written) problems.push(`${key} took effect, and nobody was told`);
      else {
        const last = lanes.get(written.client) ?? 0;
        if (written.seq !== last + 1) problems.push(`${written.client}: ${written.seq} follows ${last}`);
        lanes.set(written.client, written.seq);
      }
      seen.set(key, n);
    }
    for (const key of this.answered.keys()) if (!seen.has(key)) problems.push(`${key} was answered and is lost`);
    if (this.counts.repeated === 0) problems.push('nothing was repeated, so nothing was tested');
    return problems;
  }
}

for (let number = 0; number < runs; number += 1) {
  const way = WAYS[number % WAYS.length];
  const world = await World.start(way);
  const problems = await world.run().then(
    () => world.check(),
    (error) => [error.stack],
  );
  const note = Object.entries(world.counts).map(([name, count]) => `${count} ${name}`);
  tally.add(`run ${number + 1}, ${way.lost}`, problems, note.join(', '));
  await world.end();
}
tally.close();
