// Logged publishes per second through the signed HTTP API, beside bare SQLite that commits the same events a hundred at a time.
// wrk repeats one signed request: what it costs to sign is the publisher's affair, what it costs to check is ours.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { signedQuery } from '../../tests/lib/api.mjs';
import { tempFolder } from '../../tests/lib/ending.mjs';
import { ROOT } from '../../tests/lib/server.mjs';
import { count, median, ratio, table, wrk } from './measure.mjs';
import { Offing } from './offing.mjs';

const BATCH = 100;
const DATA = 'x'.repeat(200);
const FLOOR = process.env.OFFING_FLOOR ?? path.join(ROOT, 'build/release/site_floor');
const CONFIG = `
[[channel]]
name = "log-*"
log = { age = "7d" }

[limits]
batch = ${BATCH}
`;
const event = { name: 'message', channel: 'log-bench', data: DATA };
const SHAPES = [
  {
    name: `batches of ${BATCH}, 8 connections`,
    path: '/apps/1/batch_events',
    body: { batch: Array(BATCH).fill(event) },
    events: BATCH,
    connections: 8,
  },
  { name: 'one by one, 64 connections', path: '/apps/1/events', body: event, events: 1, connections: 64 },
  { name: 'one by one, 512 connections', path: '/apps/1/events', body: event, events: 1, connections: 512 },
];

function scriptOf(folder, { path: target, body }) {
  const text = JSON.stringify(body);
  const query = signedQuery({ method: 'POST', path: target, body: text });
  const file = path.join(folder, 'post.lua');
  const headers = 'wrk.headers["Content-Type"] = "application/json"';
  writeFileSync(file, `wrk.method = "POST"\nwrk.path = "${target}?${query}"\nwrk.body = [==[${text}]==]\n${headers}\n`);
  return file;
}

const floorOf = (folder, seconds, batch) =>
  Number(execFileSync(FLOOR, [path.join(folder, `floor-${batch}`), String(seconds), String(batch)]));

export async function publishing({ seconds, rounds }) {
  const folder = tempFolder('publish');
  const rates = new Map();
  const add = (name, rate) => rates.set(name, [...(rates.get(name) ?? []), rate]);
  for (let round = 0; round < rounds; ++round) {
    for (const batch of [BATCH, 1]) add(`bare SQLite, ${batch} for each commit`, floorOf(folder, seconds, batch));
    for (const shape of SHAPES) {
      const offing = await Offing.start({ config: CONFIG });
      const script = scriptOf(folder, shape);
      const options = { connections: shape.connections, script };
      await wrk(offing.origin, { ...options, seconds: 1 });
      const { perSecond } = await wrk(offing.origin, { ...options, seconds });
      add(`offing, ${shape.name}`, perSecond * shape.events);
      offing.kill();
    }
  }
  const floor = median(rates.get(`bare SQLite, ${BATCH} for each commit`));
  const rows = [...rates].map(([name, all]) => [name, count(median(all)), ratio(median(all) / floor)]);
  table(`publishing: events of ${DATA.length} bytes to one log, on disk before the answer`, [
    ['', 'events/s', 'to the floor'],
    ...rows,
  ]);
}
