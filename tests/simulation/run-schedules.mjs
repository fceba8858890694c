// Some of the schedules, in a thread: {first, count, step, sabotage} come as workerData, what was found goes back.
import { parentPort, workerData } from 'node:worker_threads';
import { engine } from './engine.mjs';
import { Faults } from './faults.mjs';
import { Schedule } from './schedule.mjs';

const { openOutbox } = await import(engine);
const { first, last, step, sabotage, most } = workerData;
const faults = new Faults();
const found = { schedules: 0, events: 0, acknowledged: 0, effects: 0, told: 0, failures: [] };
let schedule;
process.on('unhandledRejection', (error) => schedule.problems.push(`not caught: ${error?.stack ?? error}`));

for (let seed = first; seed <= last && found.failures.length < most; seed += step) {
  schedule = new Schedule(seed, openOutbox, { sabotage });
  const problems = await schedule.run().catch((error) => [error.stack ?? String(error)]);
  found.schedules += 1;
  found.events += schedule.scheduler.events;
  found.acknowledged += schedule.ledger.acknowledged.size;
  found.effects += schedule.server.effects.length;
  found.told += schedule.ledger.told;
  faults.add(schedule.faults);
  if (problems.length > 0) found.failures.push({ seed, problems, steps: schedule.steps });
}
parentPort.postMessage({ ...found, points: faults.points, struckBy: faults.struckBy });
