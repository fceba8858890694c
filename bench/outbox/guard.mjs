// What a key costs in front of an origin: the same POST through the plain proxy, with a key each (looked up, put to the origin, its answer
// committed before it is passed on), and with one key that is known. The origin is an nginx that answers from memory, on the other processor.
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { tempFolder } from '../../tests/lib/ending.mjs';
import { Nginx } from '../../tests/lib/nginx.mjs';
import { count, load, medianOf, micros, OTHER_CPU, ratio, SERVER_CPU, table } from '../site/measure.mjs';
import { Offing } from '../site/offing.mjs';

const BODY = 'x'.repeat(200);
const CONFIG = `
[keys]
answers = 100_000_000
bytes = "100GB"
lanes = 100_000_000

[[outbox]]
match = "/held"
lost = "hold"
`;

// One script for each shape; keys grow, as UUIDv7 do.
const SHAPES = [
  { name: 'plain proxy, no key', target: '/plain', headers: '' },
  { name: 'a key each', target: '/keyed', headers: ', ["Idempotency-Key"] = key' },
  {
    name: 'a key and a lane each',
    target: '/keyed',
    headers:
      ', ["Idempotency-Key"] = key, ["Offing-Entry"] = string.format(\'client="%08x%024x", lane="notes", seq=1, acked=0\', start, n)',
  },
  { name: 'a key each, lost = "hold"', target: '/held', headers: ', ["Idempotency-Key"] = key' },
  { name: 'a key that is known', target: '/keyed', headers: ', ["Idempotency-Key"] = "\\"known\\""' },
];

function scriptOf(folder, { target, headers }, number) {
  const file = path.join(folder, `${number}.lua`);
  writeFileSync(
    file,
    `local n = 0
local start = os.time()
local body = "${BODY}"
function request()
  n = n + 1
  local key = string.format('"%08x-${number}000-7000-8000-%012x"', start, n)
  return wrk.format("POST", "${target}", { ["Content-Type"] = "text/plain"${headers} }, body)
end
`,
  );
  return file;
}

async function measure(origin, shape, { seconds, connections, number }) {
  const offing = await Offing.start({ config: `origin = "${origin.origin}"\n${CONFIG}`, cpu: SERVER_CPU });
  if (shape.headers.includes('known')) {
    const headers = { 'idempotency-key': '"known"', 'content-type': 'text/plain' };
    await fetch(offing.origin + shape.target, { method: 'POST', headers, body: BODY });
  }
  const script = scriptOf(tempFolder('guard'), shape, number);
  const result = await load(offing.origin + shape.target, offing.pids, { connections, seconds, script });
  offing.kill();
  return result;
}

export async function guard({ seconds, rounds }) {
  const server = `location / { return 201 'made'; }`;
  const origin = await Nginx.start({ site: tempFolder('origin'), server, cpu: OTHER_CPU });
  const results = SHAPES.map(() => []);
  for (let round = 0; round < rounds; ++round) {
    for (const [at, shape] of SHAPES.entries()) {
      const number = round * SHAPES.length + at + 1;
      results[at].push(await measure(origin, shape, { seconds, connections: 64, number }));
    }
  }
  origin.kill();
  const plain = medianOf(results[0], 'cpu');
  table('in front of an origin: POST of 200 bytes, 64 connections, one core', [
    ['', 'requests/s', 'processor time', 'to the plain proxy'],
    ...SHAPES.map(({ name }, at) => [
      name,
      count(medianOf(results[at], 'perSecond')),
      micros(medianOf(results[at], 'cpu')),
      ratio(medianOf(results[at], 'cpu') / plain),
    ]),
  ]);
}
