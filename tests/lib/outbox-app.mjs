// tests/outbox-app, started, and what the tests say to it; and writes with keys.
import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { App } from './app.mjs';
import { tempFolder } from './ending.mjs';
import { ROOT } from './server.mjs';
import { until } from './until.mjs';

const SCRIPT = path.join(ROOT, 'tests/outbox-app/app.mjs');

export class OutboxApp {
  static async start({ dedupe = true } = {}) {
    const app = new OutboxApp();
    const STORE = path.join(tempFolder('effects'), 'effects.jsonl');
    app.app = await App.start({ args: [SCRIPT], env: { STORE, DEDUPE: dedupe ? '1' : '0' } });
    app.origin = app.app.origin;
    return app;
  }

  async state() {
    return (await fetch(`${this.origin}/test/state`)).json();
  }

  // The effects of a key, or all.
  async effects(key) {
    const { effects } = await this.state();
    return key === undefined ? effects : effects.filter((effect) => effect.key === `"${key}"`);
  }

  // Writes wait before or after their effect, until this is called with another place or none.
  hold(where = '') {
    return fetch(`${this.origin}/test/hold/${where}`, { method: 'POST' });
  }

  waits(where, count = 1) {
    return until(`${count} writes wait ${where} their effect`, async () => (await this.state())[where] === count);
  }

  kill() {
    return this.app.kill();
  }
}

export const newKey = () => randomUUID();
export const newClient = () => randomBytes(16).toString('hex');

// One attempt: {status, headers, text, json()}. entry: {client, lane, seq, acked}; bare: the key stands without its quotes, so that only
// the app knows what it is.
export async function write(
  origin,
  target,
  { key, bare, entry, method = 'POST', headers = {}, body = 'text=hello', ...rest } = {},
) {
  const sent = { 'content-type': 'application/x-www-form-urlencoded', connection: 'close', ...headers };
  if (key !== undefined) sent['idempotency-key'] = bare ? key : `"${key}"`;
  if (entry) {
    const { client, lane, seq = 1, acked = 0 } = entry;
    sent['offing-entry'] = `client="${client}"${lane ? `, lane="${lane}", seq=${seq}, acked=${acked}` : ''}`;
  }
  const response = await fetch(origin + target, { method, headers: sent, body, redirect: 'manual', ...rest });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

// The name of the problem that an answer tells, or what it is instead.
export const problemOf = ({ headers, text }) =>
  headers.get('content-type') === 'application/problem+json' ? JSON.parse(text).type.split('/').at(-1) : text;
