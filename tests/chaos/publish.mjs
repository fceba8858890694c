// kill -9 while clients publish: everyone repeats what was not answered until it is. Nothing is lost, nothing doubled, every lane in order.
//
//   node publish.mjs [RUNS]      default: 10, all on one data folder. SEED repeats the choices; OFFING_BIN names another binary
//
// The clients reach the server through a network that breaks off in the middle of answers, so that it is often unknown what became of a
// request. What was sent and what was answered is known to this process only.
import { Clients } from './clients.mjs';
import { CuttableProxy } from '../lib/proxy.mjs';
import { Random, seedOfRun } from '../lib/random.mjs';
import { readBack } from '../lib/read-back.mjs';
import { Server } from '../lib/server.mjs';
import { Tally } from '../lib/tally.mjs';
import { sleep } from '../lib/until.mjs';

const CHANNEL = 'notes';
const ITEMS = 50;
const CONFIG = `
[limits]
client_publish_burst = 1_000_000
client_publish_per_second = 1_000_000

[[channel]]
name = "${CHANNEL}"
log = { events = 10_000_000 }
publish = "anyone"
stamp = { key = "key" }

[[resource]]
path = "/notes.json"
channel = "${CHANNEL}"
apply = "append"
limit = ${ITEMS}
`;

const runs = Number(process.argv[2] ?? 10);
const random = new Random(seedOfRun());
const tally = new Tally('publish', random.seed);
const server = await Server.start({ config: CONFIG });
const proxy = await CuttableProxy.start(server.port);
const clients = new Clients(proxy.origin, CHANNEL, random);

// Breaks connections in the middle of answers until `over`.
async function cutNowAndThen(over) {
  while (!over.yes) {
    await Promise.race([proxy.cutAfter(random.between(1, 4_000)), over.promise]);
    await sleep(random.between(1, 20));
  }
}

async function run() {
  const over = {};
  over.promise = new Promise((resolve) => (over.end = () => ((over.yes = true), resolve())));
  const cutting = cutNowAndThen(over);
  const publishing = clients.run(8, random.between(20, 60));
  for (let kills = random.between(1, 3); kills > 0; kills -= 1) {
    await sleep(random.between(50, 500));
    await server.kill();
    await server.run();
  }
  over.end();
  await Promise.all([cutting, publishing]);
  const log = await readBack(server, CHANNEL);
  const problems = clients.check(log);
  const items = await (await fetch(`${server.origin}/notes.json`)).json();
  const expected = log.events.slice(-ITEMS).map(({ data }) => JSON.parse(data));
  if (JSON.stringify(items) !== JSON.stringify(expected)) problems.push('/notes.json is not the fold of its log');
  return problems;
}

for (let number = 1; number <= runs; number += 1) {
  const before = clients.counts;
  const problems = await run().catch((error) => [error.stack]);
  const { answered, replayed, repeated } = clients.counts;
  const unclear = repeated - before.repeated;
  if (unclear === 0) problems.push('nothing was repeated, so nothing was tested');
  const note = `${answered - before.answered} answered, ${unclear} attempts repeated, ${replayed - before.replayed} replayed`;
  tally.add(`run ${number}`, problems, note);
}
await server.kill();
tally.close();
