// Static files per core: processor time for each request over kept connections, beside nginx with sendfile.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from '../../tests/lib/ending.mjs';
import { Nginx } from '../../tests/lib/nginx.mjs';
import { count, load, medianOf, micros, ratio, SERVER_CPU, table } from './measure.mjs';
import { Offing } from './offing.mjs';

// What is asked for, and over how many connections.
const FILES = [
  { name: '1 KiB', size: 1 << 10, connections: 64 },
  { name: '64 KiB', size: 64 << 10, connections: 64 },
  { name: '10 MiB', size: 10 << 20, connections: 8 },
];

export async function files({ seconds, rounds }) {
  const site = tempFolder('files');
  for (const { size } of FILES) writeFileSync(path.join(site, `${size}.bin`), Buffer.alloc(size, 'x'));
  const offing = await Offing.start({ site, cpu: SERVER_CPU });
  const nginx = await Nginx.start({ site, cpu: SERVER_CPU });
  const rows = [['', 'offing', 'nginx', 'requests/s', 'requests/s', 'per core to nginx']];
  for (const { name, size, connections } of FILES) {
    const [ours, theirs] = [[], []];
    for (let round = 0; round < rounds; ++round) {
      ours.push(await load(`${offing.origin}/${size}.bin`, offing.pids, { connections, seconds }));
      theirs.push(await load(`${nginx.origin}/${size}.bin`, nginx.workers, { connections, seconds }));
    }
    rows.push(compared(name, ours, theirs));
  }
  table('files: processor time for each request, one core', rows);
  offing.kill();
  nginx.kill();
}

// A row: times, rates, and how many requests a core of ours serves for one of nginx's.
export function compared(name, ours, theirs) {
  const [a, b] = [medianOf(ours, 'cpu'), medianOf(theirs, 'cpu')];
  const rates = [count(medianOf(ours, 'perSecond')), count(medianOf(theirs, 'perSecond'))];
  return [name, micros(a), micros(b), ...rates, ratio(b / a)];
}
