// tests/origin-app, started, and what the tests say to it.
import path from 'node:path';
import { App } from './app.mjs';
import { tempFolder } from './ending.mjs';
import { ROOT } from './server.mjs';
import { until } from './until.mjs';

const SCRIPT = path.join(ROOT, 'tests/origin-app/app.mjs');

export const CHANNEL = `
[[channel]]
name = "*"
log = { age = "7d", events = 10_000, bytes = "64MB" }
`;

// How /feed.json of either form is declared.
export const RESOURCES = {
  keyed: `
[[resource]]
path = "/feed.json"
channel = "feed"
apply = { "*" = "prepend", "gone" = "remove:n" }
limit = 600
from = "origin"
key = "n"
`,
  exact: `
[[resource]]
path = "/feed.json"
channel = "feed"
apply = { "*" = "prepend", "gone" = "remove:n" }
limit = 600
from = "origin"
exact = true
`,
};

export class OriginApp {
  // publicFolder: what it serves besides.
  static async start(form, { publicFolder = '' } = {}) {
    const origin = new OriginApp();
    const STORE = path.join(tempFolder('store'), 'store.json');
    const env = { FORM: form, STORE, PUBLIC: publicFolder };
    origin.app = await App.start({ args: [SCRIPT], env, health: '/test/state' });
    origin.config = `origin = "${origin.app.origin}"\n${CHANNEL}${RESOURCES[form]}`;
    return origin;
  }

  // Where it publishes: a Server, or whoever listens at that port.
  serves({ port, app }) {
    return this.tell('/test/server', { host: '127.0.0.1', port, app });
  }

  async ask(target, { method = 'GET', json } = {}) {
    const headers = json === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(this.app.origin + target, { method, headers, body: json && JSON.stringify(json) });
    if (!response.ok) throw new Error(`${method} ${target}: ${response.status}`);
    return response;
  }

  tell(target, json) {
    return this.ask(target, { method: 'POST', json });
  }

  // Answers of /feed.json wait before or after their body is read, until this is called with another place or none.
  hold(where) {
    return this.tell('/test/hold', { where });
  }

  async state() {
    return (await this.ask('/test/state')).json();
  }

  async items() {
    return (await this.state()).items;
  }

  // {cache: Cache-Control of the next answers, silent: true for none of the positions}
  answers(how = {}) {
    return this.tell('/test/answer', how);
  }

  waits(count = 1) {
    return until(`${count} answers wait`, async () => (await this.state()).held === count);
  }

  // Oldest first, in batches of ten.
  async add(items) {
    for (let at = 0; at < items.length; at += 10) await this.tell('/items', items.slice(at, at + 10));
  }

  remove(n) {
    return this.ask(`/items/${n}`, { method: 'DELETE' });
  }

  kill() {
    return this.app.kill();
  }
}
