// Shows that the schedules see what they are there for: without the cursor's storage or without the commit seam they must fail.
//
//   node sabotage.mjs BINARY      the server without its seam
import { Random, seedOfRun } from '../lib/random.mjs';
import { Faults } from './faults.mjs';
import { Schedule } from './schedule.mjs';

const MOST = 40; // schedules until one must have failed
const binary = process.argv[2];
const seed = seedOfRun();

async function firstProblem(options) {
  for (let number = 1; number <= MOST; number += 1) {
    const schedule = new Schedule(new Random(seed + number), new Faults(), { ...options, patience: 3_000 });
    const problems = await schedule.run();
    if (problems.length > 0) return { number, problem: problems[0] };
  }
  return undefined;
}

const cases = [
  ['the position parted from the body', { partCursor: true }],
  ['events and replies in two commits', { bin: binary, kills: true }],
];
let unseen = 0;
for (const [what, options] of cases) {
  const found = await firstProblem(options);
  if (!found) unseen += 1;
  console.log(
    found
      ? `   ok   ${what}: schedule ${found.number} fails: ${found.problem.slice(0, 120)}`
      : `  FAIL  ${what}: ${MOST} schedules saw nothing`,
  );
}
process.exit(unseen);
