// One stage for a scenario: a server, the network in front of it, a browser, and the publisher's own record of what it published.
// The browser always speaks through the proxy, the publisher never does.
import { cpSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempFolder } from '../lib/ending.mjs';
import { launch } from '../lib/pages.mjs';
import { CuttableProxy } from '../lib/proxy.mjs';
import { Server } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';

export const HERE = path.dirname(fileURLToPath(import.meta.url));
export const LIMIT = 600;
export const CONFIG = `
[[channel]]
name = "feed"
log = { age = "7d", events = 10_000, bytes = "64MB" }

[[resource]]
path = "/feed.json"
channel = "feed"
apply = { "*" = "prepend" }
limit = ${LIMIT}
`;

export class Scene {
  record = []; // newest first, as the feed shows it
  #published = 0;

  // site: a folder, of which a copy is served; '' for none. args: more flags. serverOptions: more of Server.start's.
  static async open(browserName, { site = 'site', config = CONFIG, args, browserOptions, proxy, serverOptions } = {}) {
    const scene = new this();
    const folder = site && tempFolder('site');
    if (site) cpSync(path.resolve(HERE, site), folder, { recursive: true });
    scene.server = await Server.start({ site: folder, config, args, ...serverOptions });
    scene.proxy = await (proxy ?? CuttableProxy).start(scene.server.port);
    scene.browser = await launch(browserName, browserOptions);
    return scene;
  }

  get expected() {
    return this.record.slice(0, LIMIT);
  }

  // Publishes so many events, in order.
  async publish(count) {
    const items = Array.from({ length: count }, () => {
      const n = ++this.#published;
      return { n, text: `événement <${n}>` };
    });
    await this.send(items);
    this.record.unshift(...items.reverse().map((item) => JSON.stringify(item)));
  }

  send(items) {
    return this.server.api.publishAll('feed', 'item', items);
  }

  // A new tab at our site.
  async visit(target = '/') {
    const page = await this.browser.newPage();
    const failure = await page.goto(this.proxy.origin + target);
    if (failure) throw new Error(`${target} did not open: ${failure}`);
    return page;
  }

  // The worker controls the page and the feed is in its cache.
  ready(page) {
    const look = `(async () => Boolean(navigator.serviceWorker.controller)
      && (await caches.keys()).some((name) => name.startsWith('offing-precache-'))
      && Boolean(await caches.match('/feed.json', { cacheName: 'offing-live' })))()`;
    return until('the worker controls the page and the feed is cached', () => page.eval(look), { timeout: 20_000 });
  }

  shown(page) {
    return page.eval(`[...document.querySelectorAll('#feed li')].map((row) => row.textContent)`);
  }

  cached(page) {
    return page.eval(`(async () => {
      const response = await caches.match('/feed.json', { cacheName: 'offing-live' });
      return (await response.json()).map((item) => JSON.stringify(item));
    })()`);
  }

  // Waits until each page shows exactly the publisher's record.
  async showsAll(pages, timeout = 30_000) {
    for (const page of pages) {
      const same = async () => difference(await this.shown(page), this.expected) || true;
      const seen = await until(
        'something is shown',
        async () => {
          const found = await same();
          if (found !== true) throw new Error(found);
          return true;
        },
        { timeout },
      );
      if (seen !== true) throw new Error(seen);
    }
  }

  // What browsers asked of the server since `mark`; the publisher's calls are left out.
  asked(mark = 0) {
    return this.server.log(mark).filter((entry) => !entry.target.startsWith('/apps/'));
  }

  sockets(mark = 0) {
    return this.asked(mark).filter((entry) => entry.ws === 'open').length;
  }

  async close() {
    await this.browser?.close();
    await this.proxy?.cut();
    await this.server?.kill();
  }
}

// '' if they are equal, else where they begin to differ.
export function difference(actual, expected) {
  const at = expected.findIndex((item, n) => item !== actual[n]);
  if (at < 0 && actual.length === expected.length) return '';
  const where = at < 0 ? expected.length : at;
  return `${actual.length} items instead of ${expected.length}; item ${where} is ${actual[where]} instead of ${expected[where]}`;
}
