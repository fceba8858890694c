// Random schedules of the outbox: the engine as it is shipped, over a database, locks, a clock, a network and a server that fail at any point.
//
//   node simulation.mjs [COUNT]      default: 10,000. SEED repeats them to the letter; one schedule has the seed that its failure names.
//
// First the same without what everything rests on, which has to fail: without write-ahead, without the server's memory, without lock, without lease.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { seedOfRun } from '../lib/random.mjs';
import { buildEngine } from './engine.mjs';
import { expected, Faults } from './faults.mjs';
import { FAULTS } from './network.mjs';

const count = Number(process.argv[2] ?? 10_000);
const THREADS = Math.min(availableParallelism(), 4);
const ENOUGH = 5_000; // schedules that meet everything
const SABOTAGED = 400; // schedules until one must have failed
const script = new URL('run-schedules.mjs', import.meta.url);

const thread = (workerData) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(script, { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });

async function runAll(seed, schedules, sabotage, most = 20) {
  const parts = Array.from({ length: THREADS }, (_, n) =>
    thread({ first: seed + n, last: seed + schedules - 1, step: THREADS, sabotage, most }),
  );
  const faults = new Faults();
  const sums = { schedules: 0, events: 0, acknowledged: 0, effects: 0, told: 0, failures: [] };
  for (const found of await Promise.all(parts)) {
    faults.add(found);
    for (const name of Object.keys(sums))
      sums[name] = Array.isArray(sums[name]) ? [...sums[name], ...found[name]] : sums[name] + found[name];
  }
  return { ...sums, faults };
}

// The first schedule's; the others follow.
const seed = seedOfRun();
console.log(`simulation: seed ${seed}`);
await buildEngine();
let failed = 0;

for (const sabotage of ['write-ahead', 'dedupe', 'lock', 'lease']) {
  const { failures, schedules } = await runAll(seed, SABOTAGED, sabotage, 1);
  if (failures.length === 0) failed += 1;
  const [first] = failures;
  console.log(
    first
      ? `   ok   without ${sabotage}: schedule ${first.seed} fails: ${first.problems[0].slice(0, 100)}`
      : `  FAIL  without ${sabotage}: ${schedules} schedules saw nothing`,
  );
}

const began = Date.now();
const { schedules, events, acknowledged, effects, told, failures, faults } = await runAll(seed, count);
for (const [name, map] of [
  ['points met', faults.points],
  ['faults', faults.struckBy],
])
  console.log(
    `${name}: ${[...map]
      .map(([what, times]) => `${what} ${times}`)
      .sort()
      .join(', ')}`,
  );
for (const { seed: number, problems, steps } of failures) {
  console.log(`  FAIL  schedule ${number}`);
  for (const problem of problems.slice(0, 6)) console.log(`          ${problem.slice(0, 400)}`);
  console.log(`          steps: ${steps.join(' ')}`);
}
const missed = count >= ENOUGH ? expected(FAULTS).filter((fault) => !faults.struckBy.has(fault)) : [];
if (missed.length > 0) console.log(`  FAIL  never struck: ${missed.join(', ')}`);
console.log(
  `${events} events; ${acknowledged} writes acknowledged, ${effects} carried out, ${told} ends told; ${Math.round((Date.now() - began) / 1000)} s`,
);
failed += failures.length + missed.length;
console.log(
  `simulation: ${schedules - failures.length} schedules passed, ${failures.length} failed${failed ? '' : '; 4 of 4 sabotages were seen'}`,
);
process.exit(failed === 0 && schedules === count ? 0 : 1);
