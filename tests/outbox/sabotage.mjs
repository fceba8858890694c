// The same schedules without what the promise rests on: without the disk (what is written is gone with its context), without dedupe (the network
// gives every attempt a key of its own), without the lock (two contexts send at once). Each has to be found out.
import { Random, seedOfRun } from '../lib/random.mjs';
import { Tally } from '../lib/tally.mjs';
import { Faults } from '../schedules/faults.mjs';
import { loadEngine } from './device.mjs';
import { Schedule } from './schedule.mjs';

const TRIES = 15;
const seed = seedOfRun();
const tally = new Tally('outbox, sabotaged', seed);
const engine = await loadEngine();

for (const [sabotage, sign] of [
  ['write-ahead', /is lost/],
  ['dedupe', /took effect \d+ times/],
  ['lock', /under way twice/],
]) {
  let found;
  let tries = 0;
  while (!found && tries < TRIES) {
    const random = new Random(seed + (tries += 1));
    const schedule = new Schedule({ engine, random, faults: new Faults(), withOrigin: tries % 2 === 0, sabotage });
    const problems = await schedule.run().catch((error) => [error.stack ?? String(error)]);
    found = problems.find((problem) => sign.test(problem));
  }
  tally.add(`without ${sabotage} it fails`, found ? [] : [`not in ${TRIES} schedules`], `${tries}: ${found}`);
}
tally.close();
