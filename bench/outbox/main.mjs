// One run, one machine, one load generator; prints figures and ratios, and never fails because of a figure.
import os from 'node:os';
import { parseArgs } from 'node:util';
import { guard } from './guard.mjs';
import { publish } from './publish.mjs';

const PARTS = { publish, guard };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '4' }, // of load, for each figure and round
    rounds: { type: 'string', default: '3' },
  },
});
const options = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
const wanted = positionals.length ? positionals : Object.keys(PARTS);
for (const name of wanted)
  if (!PARTS[name]) throw new Error(`there is no part '${name}': ${Object.keys(PARTS).join(', ')}`);

const [{ model }] = os.cpus();
console.log(
  `outbox: ${os.cpus().length} processors (${model}), Linux ${os.release()}, load ${os.loadavg()[0].toFixed(1)} at the start; ` +
    `${options.seconds} s for each figure, medians of ${options.rounds} rounds`,
);
for (const name of wanted) await PARTS[name](options);
process.exit(0);
