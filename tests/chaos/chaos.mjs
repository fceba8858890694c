// kill -9 while many publish: no acknowledged event is lost, none is doubled, the epoch stands, and no log has a hole.
//
//   node chaos.mjs [RUNS]      default: 20, all on one data folder, so what was once acknowledged has to survive all that follow
//
// In every run publishers of both kinds (with an Idempotency-Key and retries, without) work on until the server is killed; now and then it
// is killed a second time while it starts. Then the whole log is read back over a WebSocket, and the resource folded from it over HTTP.
import { Ledger } from '../lib/ledger.mjs';
import { Publishers } from '../lib/publishers.mjs';
import { Random, seedOfRun } from '../lib/random.mjs';
import { readBack } from '../lib/read-back.mjs';
import { Server } from '../lib/server.mjs';
import { Tally } from '../lib/tally.mjs';
import { sleep } from '../lib/until.mjs';

const CHANNELS = ['feed', 'feed-b', 'short'];
const ITEMS = 50;
const CONFIG = `
[[channel]]
name = "feed*"
log = { events = 1_000_000 }

[[channel]]
name = "short"
log = { events = 100 }

[[resource]]
path = "/feed.json"
channel = "feed"
apply = "append"
limit = ${ITEMS}
`;

const runs = Number(process.argv[2] ?? 20);
const random = new Random(seedOfRun());
const tally = new Tally('chaos', random.seed);
const ledger = new Ledger();
const server = await Server.start({ config: CONFIG });
const publishers = new Publishers(server, ledger, random, CHANNELS);

// The resource, held against the log of its channel.
async function checkResource(log) {
  if (!log) return [];
  const response = await fetch(`${server.origin}/feed.json`);
  const position = response.headers.get('offing-position');
  const items = await response.json();
  const expected = log.events.slice(-ITEMS).map(({ data }) => data);
  if (position !== `${log.epoch}:${log.head}`) return [`/feed.json stands at ${position}, its log at ${log.head}`];
  if (JSON.stringify(items) !== JSON.stringify(expected)) return ['/feed.json is not the fold of its log'];
  return [];
}

async function killTwiceNowAndThen() {
  await server.kill();
  if (!random.chance(0.25)) return;
  const starting = server.run().catch(() => {}); // it will not become healthy
  await sleep(random.between(1, 60));
  await server.kill();
  await starting;
}

// Publishes, kills, starts again: what is wrong afterwards.
async function run(number) {
  const publishing = publishers.run(String(number), 8);
  await sleep(random.between(100, 900));
  await killTwiceNowAndThen();
  await server.run();
  // Those with a key get their answer from the server's next life.
  await sleep(random.between(20, 150));
  publishers.stop();
  await publishing;
  const problems = [...ledger.problems];
  for (const channel of CHANNELS) {
    const log = await readBack(server, channel);
    problems.push(...ledger.check(channel, log));
    if (channel === 'feed') problems.push(...(await checkResource(log)));
  }
  return problems;
}

for (let number = 1; number <= runs; number += 1) {
  const acknowledged = publishers.acknowledged;
  const replayed = publishers.replayed;
  const problems = await run(number).catch((error) => [error.stack]);
  const events = publishers.acknowledged - acknowledged;
  if (events === 0) problems.push('nothing was acknowledged, so nothing was tested');
  tally.add(
    `run ${number}`,
    problems,
    `${events} events acknowledged, ${publishers.replayed - replayed} answers replayed`,
  );
}
await server.kill();
tally.close();
