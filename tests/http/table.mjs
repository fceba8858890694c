// The table of cases: the same bytes go to offing and to nginx over the same folder. A case is
//
//   name      what is so
//   send      the bytes, or a function that makes them from {etag, weak}: /text.txt's tag at the server that is asked
//   is        {status, headers, body, closed}, or a list of such for several requests: what both answer. A header's value is a
//             string, a RegExp, or null for none; body a string, a RegExp, or a list of parts
//   offing    what is so of ours besides
//   nginx     what is so of nginx instead
//   differs   why the two differ. A case whose answers differ without saying so fails, and so does one that says so though they do not
//   quiet     ms of silence after which the connection counts as kept
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Nginx } from '../lib/nginx.mjs';
import { exchange, parseResponses } from '../lib/raw-http.mjs';
import { Server } from '../lib/server.mjs';
import { decoded, faults, view } from './answer.mjs';
import { makeSite } from './site.mjs';

const NGINX_SITE = `
    index index.html;
    location ~ /\\.(?!well-known/) { return 404; }
    gzip on; gzip_static on; gzip_vary on; gzip_min_length 1000; gzip_proxied any;
    gzip_types text/plain text/css text/javascript application/json image/svg+xml;`;

// Starts both before the file's tests, and ends them after.
export function bothServers({ config = '', nginx = NGINX_SITE } = {}) {
  const on = {};
  before(async () => {
    on.site = makeSite();
    on.offing = await Server.start({ site: on.site, config });
    on.nginx = await Nginx.start({ site: on.site, server: nginx });
    for (const server of [on.offing, on.nginx]) {
      const [{ headers }] = (await talk(server, get('/text.txt'))).answers;
      server.facts = { etag: headers.etag, weak: `W/${headers.etag}` };
    }
  });
  after(async () => {
    on.nginx?.kill();
    await on.offing?.kill();
  });
  return on;
}

export const HOST = 'Host: localhost\r\n';

// A whole request; `Connection: close` unless the headers say otherwise.
export function ask(method, target, headers = {}, body = '') {
  const all = { Host: 'localhost', Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => (value === null ? '' : `${name}: ${value}\r\n`));
  if (body && !headers['Content-Length'] && !headers['Transfer-Encoding'])
    lines.push(`Content-Length: ${body.length}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
export const get = (target, headers) => ask('GET', target, headers);

// Sends what `send` is at this server: {answers, closed, text}.
export async function talk(server, send, { quiet = 400, pause = 0, decisions } = {}) {
  const bytes = typeof send === 'function' ? send(server.facts) : send;
  const first = Array.isArray(bytes) ? bytes.join('') : bytes;
  const saysClose = /\r\nconnection: *close\r\n/i.test(first);
  const got = await exchange(server.port, bytes, { quiet: saysClose ? 3_000 : quiet, pause });
  const head = first.startsWith('HEAD ');
  const answers = parseResponses(got.text, { heads: head ? 1 : 0 });
  return {
    answers,
    closed: got.closed,
    text: got.text,
    views: answers.map((answer) => view(answer, { head, decisions })),
  };
}

function fits(what, seen, wanted) {
  if (wanted === null) assert.equal(seen, undefined, what);
  else if (wanted instanceof RegExp) assert.match(seen ?? '(none)', wanted, what);
  else assert.deepEqual(seen, wanted, what);
}

// That one server's answers are what the case says.
export function meets(who, talked, is) {
  const wanted = [is].flat();
  const statuses = talked.answers.map(({ status }) => status);
  assert.deepEqual(
    statuses,
    wanted.filter(({ status }) => status).map(({ status }) => status),
    `${who}: ${talked.text.slice(0, 300)}`,
  );
  talked.answers.forEach((answer, at) => {
    assert.deepEqual(faults(answer), [], who);
    const { headers = {}, body } = wanted[at];
    for (const [name, value] of Object.entries(headers)) fits(`${who}: ${name}`, answer.headers[name], value);
    if (body !== undefined) fits(`${who}: body`, Array.isArray(body) ? talked.views[at].body : decoded(answer), body);
  });
  const { closed } = wanted.at(-1);
  if (closed !== undefined) assert.equal(talked.closed, closed, `${who}: whether the connection is closed`);
}

const layOut = (value) =>
  typeof value === 'string' && value.length > 90 ? `${value.slice(0, 80)}… (${value.length})` : JSON.stringify(value);

// What differs between two that were talked to, in lines.
export function differences(one, other) {
  const lines = [];
  if (one.closed !== other.closed) lines.push(`closed: ${one.closed} | ${other.closed}`);
  const count = Math.max(one.views.length, other.views.length);
  for (let at = 0; at < count; ++at) {
    const [a, b] = [one.views[at] ?? {}, other.views[at] ?? {}];
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const [left, right] = [JSON.stringify(a[name]), JSON.stringify(b[name])];
      if (left !== right) lines.push(`${name}: ${layOut(a[name])} | ${layOut(b[name])}`);
    }
  }
  return lines;
}

// That the two differ if and only if the case says why.
export function judge(lines, why) {
  if (!why) assert.deepEqual(lines, [], 'offing | nginx differ, and the case does not say why');
  else assert.notDeepEqual(lines, [], `the case says that they differ (${why}), but they do not`);
}

const merged = (base, more) => ({ ...base, ...more, headers: { ...base?.headers, ...more?.headers } });
const besides = (base, more) => (!more ? base : Array.isArray(more) || Array.isArray(base) ? more : merged(base, more));

export function table(title, on, cases) {
  describe(title, { concurrency: 6 }, () => {
    for (const { name, send, is, offing, nginx, differs, ...options } of cases) {
      test(name, async () => {
        const ours = await talk(on.offing, send, options);
        const theirs = await talk(on.nginx, send, options);
        meets('offing', ours, besides(is, offing));
        meets('nginx', theirs, besides(is, nginx));
        judge(differences(ours, theirs), differs);
      });
    }
  });
}
