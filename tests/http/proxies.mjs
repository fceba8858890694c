// Three ways to one app: directly, through offing, through nginx. What a client sees is laid beside what the app said, and what the
// app sees of a request beside what the other proxy passes on. A case is as in table.mjs, and besides
//
//   changes   why what a client sees through ours is not what the app said
//   sees      {method, url, length, headers}: what the app sees of the request, through either proxy
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { App } from '../lib/app.mjs';
import { Nginx } from '../lib/nginx.mjs';
import { ROOT, Server } from '../lib/server.mjs';
import { differences, judge, meets, talk } from './table.mjs';

// What never counts as a difference between an app's answer and the same through a proxy.
export const PASSED_ON = {
  server: 'each says its own name',
  date: 'nginx puts its own in its place',
  connection: 'is between neighbours',
  'keep-alive': 'is between neighbours',
  'content-length': 'that a body ends where it says is checked; for HEAD the length is compared',
  'transfer-encoding': 'is between neighbours',
};
// And of a request as the app sees it. That the first four are right has cases of its own.
const ADDED = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'via',
  'x-real-ip',
  'connection',
];

const nginxServer = (port) => `
    charset off; client_max_body_size 64m; proxy_connect_timeout 2s; proxy_read_timeout 2s;
    location / {
      proxy_pass http://app; proxy_http_version 1.1;
      proxy_set_header Host $http_host; proxy_set_header Connection $to_app; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
    location /nobody { proxy_pass http://127.0.0.1:${port}; }`;
const nginxHttp = (port) => `
  upstream app { server 127.0.0.1:${port}; keepalive 8; }
  map $http_upgrade $to_app { default upgrade; '' ''; }`;

export function bothProxies() {
  const on = {};
  before(async () => {
    on.direct = await App.start({ args: [path.join(ROOT, 'tests/http/origin.mjs')] });
    const config = `origin = "${on.direct.origin}"\n[proxy]\nconnect_time = "2s"\nresponse_time = "2s"\n[limits]\nbody = "64MiB"\n`;
    on.offing = await Server.start({ config });
    on.nginx = await Nginx.start({ http: nginxHttp(on.direct.port), server: nginxServer(on.direct.port) });
  });
  after(async () => {
    on.nginx?.kill();
    await on.offing?.kill();
    await on.direct?.kill();
  });
  return on;
}

const whole = (wanted, more) =>
  more ? { ...wanted, ...more, headers: { ...wanted.headers, ...more.headers } } : wanted;

// What a client sees.
export function answers(title, on, cases) {
  describe(title, { concurrency: 4 }, () => {
    for (const { name, send, is, direct, nginx, changes, differs, ...options } of cases) {
      test(name, async () => {
        const asked = (server) => talk(server, send, { ...options, decisions: PASSED_ON });
        const [app, ours, theirs] = await Promise.all([asked(on.direct), asked(on.offing), asked(on.nginx)]);
        meets('the app', app, whole(is, direct));
        meets('offing', ours, is);
        meets('nginx', theirs, whole(is, nginx));
        judge(
          differences(app, ours).filter((line) => !line.startsWith('closed')),
          changes,
        );
        judge(differences(ours, theirs), differs);
      });
    }
  });
}

const inLowerCase = (headers) => headers.map(([name, value]) => [name.toLowerCase(), value]);

async function echoOf(server, send, options) {
  const { answers: all, text } = await talk(server, send, options);
  const answer = all.at(-1);
  assert.equal(answer?.status, 200, text.slice(0, 300));
  const seen = JSON.parse(answer.body);
  return { ...seen, headers: inLowerCase(seen.headers) };
}

function agrees(who, seen, wanted) {
  const { headers = {}, ...rest } = wanted;
  for (const [name, value] of Object.entries(rest)) assert.deepEqual(seen[name], value, `${who}: ${name}`);
  for (const [name, value] of Object.entries(headers)) {
    const found = seen.headers.filter(([each]) => each === name).map(([, each]) => each);
    if (value instanceof RegExp) assert.match(found.join(', '), value, `${who}: ${name}`);
    else assert.deepEqual(found, value === null ? [] : [value].flat(), `${who}: ${name}`);
  }
}

function compared(seen) {
  const headers = seen.headers.filter(([name]) => !ADDED.includes(name));
  return JSON.stringify({ ...seen, headers: headers.sort() }, null, 1).split('\n');
}

// What the app sees.
export function requests(title, on, cases) {
  describe(title, { concurrency: 4 }, () => {
    for (const { name, send, sees, nginx, differs, ...options } of cases) {
      test(name, async () => {
        const ours = await echoOf(on.offing, send, options);
        const theirs = await echoOf(on.nginx, send, options);
        agrees('through offing', ours, sees);
        agrees('through nginx', theirs, whole(sees, nginx));
        const [one, other] = [compared(ours), compared(theirs)];
        const lines = one.filter((line) => !other.includes(line)).concat(other.filter((line) => !one.includes(line)));
        judge(lines, differs);
      });
    }
  });
}
