// Random schedules over the real engine of the outbox and the real server.
//
//   node schedules.mjs [COUNT]      default: 60, half of them with an origin. SEED repeats the choices, not the timing.
//
// A schedule that fails is told with its steps.
import { Random, seedOfRun } from '../lib/random.mjs';
import { Tally } from '../lib/tally.mjs';
import { Faults } from '../schedules/faults.mjs';
import { loadEngine } from './device.mjs';
import { NETWORK_FAULTS } from './faulty-proxy.mjs';
import { Schedule } from './schedule.mjs';

const AT_ONCE = 2;
const EVERY = [
  'context killed',
  'server killed',
  'network cut',
  'origin busy',
  'origin acted in silence',
  ...NETWORK_FAULTS,
];
const count = Number(process.argv[2] ?? 60);

const seed = seedOfRun();
const tally = new Tally('outbox', seed);
const faults = new Faults();
const engine = await loadEngine();
let next = 0;
let writes = 0;

async function lane() {
  for (let number = (next += 1); number <= count; number = next += 1) {
    const withOrigin = number % 2 === 0;
    const schedule = new Schedule({ engine, random: new Random(seed + number), faults, withOrigin });
    const problems = await schedule.run().catch((error) => [error.stack ?? String(error)]);
    if (problems.length > 0) problems.push(`steps: ${schedule.steps.join(', ')}`);
    const known = schedule.posted.filter((one) => one.known).length;
    writes += known;
    tally.add(`schedule ${number} ${withOrigin ? 'with an origin' : 'on a channel'}`, problems, `${known} writes`);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, lane));
for (const line of faults.lines()) console.log(line);
console.log(`${writes} writes that the user was promised`);
const unmet = EVERY.filter((fault) => faults.count(fault) === 0);
if (count >= 20)
  tally.add(
    'every fault was met',
    unmet.map((fault) => `never: ${fault}`),
  );
tally.close();
