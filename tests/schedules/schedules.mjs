// Random schedules of publish, kill -9, restart, broken connections and killed workers, against the real server and the built runtime.
//
//   node schedules.mjs [COUNT]      default: 200. SEED repeats the choices, not the timing.
//
// A schedule that fails is told with its steps.
import { Random, seedOfRun } from '../lib/random.mjs';
import { Tally } from '../lib/tally.mjs';
import { Faults } from './faults.mjs';
import { Schedule } from './schedule.mjs';

const AT_ONCE = 4;
const count = Number(process.argv[2] ?? 200);

const seed = seedOfRun();
const tally = new Tally('schedules', seed);
const faults = new Faults();
let next = 0;
let events = 0;
let shown = 0;

async function lane() {
  for (let number = (next += 1); number <= count; number = next += 1) {
    const schedule = new Schedule(new Random(seed + number), faults);
    const problems = await schedule.run().catch((error) => [error.stack ?? String(error)]);
    events += schedule.events;
    shown += schedule.shown;
    if (problems.length > 0) problems.push(`steps: ${schedule.steps.join(' ')}`);
    tally.add(`schedule ${number}`, problems, `${schedule.events} events, ${schedule.shown} values shown`);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, lane));
for (const line of faults.lines()) console.log(line);
console.log(`${events} events acknowledged, ${shown} values shown`);
tally.close();
