// No acknowledged event is lost when the power goes, and this suite would see it if one were.
//
//   node durability.mjs [ROUNDS]      ROUNDS: how many times the default (1) everything is done
import { existsSync } from 'node:fs';
import { Random, seedOfRun } from '../lib/random.mjs';
import { OFFING } from '../lib/server.mjs';
import { Tally } from '../lib/tally.mjs';
import { WAYS } from './lose.mjs';
import { ServerLives } from './server.mjs';
import { Lives } from './store.mjs';

const rounds = Number(process.argv[2] ?? 1);
const random = new Random(seedOfRun());
const tally = new Tally('durability', random.seed);

// Several lives on one folder, each ended by a loss of power; the first loss that shows ends it.
async function survives(title, lives, count) {
  for (let life = 1; life <= count; life += 1) {
    const way = random.pick(WAYS);
    const problems = await lives.live(way);
    tally.add(
      `${title}, life ${life}`,
      problems,
      `${way}, ${lives.lost} writes unsynced, ${lives.ledger.acknowledged} acknowledged`,
    );
    if (problems.length > 0) break;
  }
  await lives.end();
}

// The counter-proof: without syncs the same checks have to find losses, or they prove nothing.
async function isCaught(title, make, count) {
  let caught = 0;
  let example = '';
  for (let run = 0; run < count; run += 1) {
    const lives = await make();
    const problems = await lives.live(WAYS[run % WAYS.length]);
    if (problems.length > 0) {
      caught += 1;
      example = problems[0];
    }
    await lives.end();
  }
  // Not in every one: a life may end before anything is acknowledged, and a random disk may be lucky.
  const enough = caught * 3 >= count;
  tally.add(
    title,
    enough ? [] : [`losses were seen in only ${caught} of ${count} runs`],
    `${caught} of ${count} runs; ${example.slice(0, 100)}`,
  );
}

for (let round = 0; round < rounds; round += 1) {
  for (let folder = 1; folder <= 6; folder += 1) {
    await survives(`the store, folder ${folder}`, new Lives(random), 8);
  }
  await isCaught('with synchronous off, losses are seen', () => new Lives(random, { synchronous: 'off' }), 12);
  if (!existsSync(OFFING)) {
    tally.add('the server', [`there is no binary at ${OFFING}; build it first (./dev build)`]);
    break;
  }
  await survives('the server', await ServerLives.make(random), 8);
  await isCaught(
    'on a disk that lies about syncs, losses of the server are seen',
    () => ServerLives.make(random, { lie: true }),
    3,
  );
}
tally.close();
