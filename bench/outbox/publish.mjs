// What clients publish themselves, each with a key of its own: event, remembered answer and mark are on disk before it is answered. Beside
// bare SQLite that commits the same rows, so many for each commit.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from '../../tests/lib/ending.mjs';
import { ROOT } from '../../tests/lib/server.mjs';
import { count, median, ratio, table, wrk } from '../site/measure.mjs';
import { Offing } from '../site/offing.mjs';

const BATCH = 100;
const DATA = 'x'.repeat(200);
const FLOOR = process.env.OFFING_OUTBOX_FLOOR ?? path.join(ROOT, 'build/release/outbox_floor');
const CONFIG = `
[[channel]]
name = "notes"
log = { age = "7d" }
publish = "anyone"

[keys]
answers = 100_000_000
bytes = "100GB"
lanes = 100_000_000

[limits]
client_publish_burst = 1_000_000_000
client_publish_per_second = 1_000_000
`;
const SHAPES = [
  { name: 'a key each, 64 connections', rows: 'key', lane: false, connections: 64 },
  { name: 'a key and a lane each, 64 connections', rows: 'lane', lane: true, connections: 64 },
  { name: 'a key each, 512 connections', rows: 'key', lane: false, connections: 512 },
];

// Keys that grow, as UUIDv7 do; each client writes the first entry of its lane, which is the dearest.
function scriptOf(folder, lane) {
  const file = path.join(folder, 'post.lua');
  const entry = '["Offing-Entry"] = string.format(\'client="%032x", lane="notes", seq=1, acked=0\', n)';
  writeFileSync(
    file,
    `local n = 0
local start = os.time()
local body = [==[${JSON.stringify({ name: 'message', data: DATA })}]==]
function request()
  n = n + 1
  local key = string.format('"%08x-0000-7000-8000-%012x"', start, n)
  local headers = { ["Content-Type"] = "application/json", ["Idempotency-Key"] = key${lane ? `, ${entry}` : ''} }
  return wrk.format("POST", "/_offing/channels/notes/events", headers, body)
end
`,
  );
  return file;
}

const floorOf = (folder, seconds, batch, rows) =>
  Number(execFileSync(FLOOR, [path.join(folder, `floor-${batch}`), String(seconds), String(batch), rows]));

async function ours({ lane, connections }, seconds) {
  const offing = await Offing.start({ config: CONFIG });
  const script = scriptOf(tempFolder('outbox'), lane);
  const url = `${offing.origin}/_offing/channels/notes/events`;
  const { perSecond } = await wrk(url, { connections, script, seconds });
  offing.kill();
  return perSecond;
}

export async function publish({ seconds, rounds }) {
  const folder = tempFolder('floor');
  const rates = new Map();
  const add = (name, rate) => rates.set(name, [...(rates.get(name) ?? []), rate]);
  const floorName = (batch, rows) =>
    `bare SQLite, event, key${rows === 'lane' ? ' and mark' : ''}, ${batch} for each commit`;
  for (let round = 0; round < rounds; ++round) {
    for (const rows of ['key', 'lane']) {
      for (const batch of [BATCH, 1]) add(floorName(batch, rows), floorOf(folder, seconds, batch, rows));
    }
    for (const shape of SHAPES) add(`offing, ${shape.name}`, await ours(shape, seconds));
  }
  const floors = Object.fromEntries(['key', 'lane'].map((rows) => [rows, median(rates.get(floorName(BATCH, rows)))]));
  const rowsOf = (name) =>
    SHAPES.find((shape) => name === `offing, ${shape.name}`)?.rows ?? (/mark/.test(name) ? 'lane' : 'key');
  table(`publishing exactly once: events of ${DATA.length} bytes to one log, on disk before the answer`, [
    ['', 'events/s', 'to the floor'],
    ...[...rates].map(([name, all]) => [name, count(median(all)), ratio(median(all) / floors[rowsOf(name)])]),
  ]);
}
