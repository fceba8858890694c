// Proxying per core: processor time of the proxy for each request, beside nginx. The origin is another nginx that answers from
// memory (1 KiB) or from a file, on the other processor together with wrk: it may slow both down, but costs neither of them anything.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from '../../tests/lib/ending.mjs';
import { Nginx } from '../../tests/lib/nginx.mjs';
import { compared } from './files.mjs';
import { load, OTHER_CPU, SERVER_CPU, table } from './measure.mjs';
import { Offing } from './offing.mjs';

const BODIES = [
  { name: '1 KiB', target: '/small', connections: 64 },
  { name: '64 KiB', target: '/65536.bin', connections: 32 },
];

export async function proxying({ seconds, rounds }) {
  const site = tempFolder('origin');
  writeFileSync(path.join(site, '65536.bin'), Buffer.alloc(64 << 10, 'x'));
  const small = `location = /small { return 200 '${'x'.repeat(1 << 10)}'; }`;
  const origin = await Nginx.start({ site, server: small, cpu: OTHER_CPU });
  const offing = await Offing.start({ config: `origin = "${origin.origin}"\n`, cpu: SERVER_CPU });
  const nginx = await Nginx.start({
    http: `upstream app { server 127.0.0.1:${origin.port}; keepalive 64; keepalive_requests 1000000; }`,
    server: 'location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }',
    cpu: SERVER_CPU,
  });
  const rows = [['', 'offing', 'nginx', 'requests/s', 'requests/s', 'per core to nginx']];
  for (const { name, target, connections } of BODIES) {
    const [ours, theirs] = [[], []];
    for (let round = 0; round < rounds; ++round) {
      ours.push(await load(offing.origin + target, offing.pids, { connections, seconds }));
      theirs.push(await load(nginx.origin + target, nginx.workers, { connections, seconds }));
    }
    rows.push(compared(name, ours, theirs));
  }
  table('proxying: processor time of the proxy for each request, one core', rows);
  for (const server of [offing, nginx, origin]) server.kill();
}
