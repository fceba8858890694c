// The same page and the same writes with Workbox's queue, with Serwist's, and with Offing.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from '../../lib/ending.mjs';
import { launch } from '../../lib/pages.mjs';
import { CuttableProxy } from '../../lib/proxy.mjs';
import { Server } from '../../lib/server.mjs';
import { sleep, until } from '../../lib/until.mjs';
import { portal, WritesApp } from './app.mjs';

class Contender {
  // The browser speaks to the app (or to Offing in front of it) through a proxy.
  async open() {
    this.app = await WritesApp.start(this.library);
    this.portal = await portal();
    this.target = await this.serve();
    this.proxy = await CuttableProxy.start(this.target);
    this.browser = await launch('chromium');
    await this.visit();
  }

  async visit(query = '') {
    await this.page?.close();
    this.page = await this.browser.newPage();
    const failure = await this.page.goto(`${this.proxy.origin}/?${query}`);
    if (failure) throw new Error(failure);
    const controlled = () => this.page.eval('Boolean(navigator.serviceWorker.controller)');
    await until('the worker controls the page', controlled, { timeout: 20_000 });
  }

  write(body, headers = {}) {
    return this.page.eval(
      `fetch('/api/write', { method: 'POST', body: '${body}', headers: ${JSON.stringify(headers)} }).then(
        ({ status }) => status, String)`,
    );
  }

  // What a user does on the train: the writes are stored, the network is back, and nothing was sent yet.
  async writeOffline(bodies, headers) {
    await this.proxy.cut();
    for (const body of bodies) await this.write(body, headers);
    this.app.attempts = 0;
    this.app.tokens.length = 0;
    this.app.effects.length = 0;
  }

  async behindPortal(run) {
    this.proxy.targetPort = this.portal.port;
    await this.proxy.restore();
    await run();
    await this.proxy.cut();
    this.proxy.targetPort = this.target;
    await this.proxy.restore();
  }

  async close() {
    await this.browser?.close();
    await this.proxy?.cut();
    await this.server?.kill();
    await this.portal?.stop();
    this.app?.letGo();
    await this.app?.stop();
  }
}

export class Rival extends Contender {
  patience = 300; // ms for what comes late

  constructor(library) {
    super();
    this.library = library;
    this.name = library === 'workbox' ? 'Workbox' : 'Serwist';
  }

  serve() {
    return this.app.port;
  }

  // So that what it keeps is too old at once, in its unit.
  async age() {
    await this.visit('age=0.00001');
    const script = () => this.page.eval('navigator.serviceWorker.controller.scriptURL');
    await until('the worker with that age is there', async () => (await script()).includes('0.00001'));
  }

  replay() {
    return Promise.race([this.page.eval(`ask('replay')`), sleep(3_000)]);
  }

  // Whether somebody was told that a write is given up: there is nothing that could tell.
  told() {
    return false;
  }
}

const CONFIG = `
[[outbox]]
match = "/api/write"
lane = "rule"
wait = "300ms"
`;

export class Offing extends Contender {
  name = 'Offing';
  patience = 20_000;

  async serve() {
    this.site = tempFolder('site');
    this.#page('NEW');
    this.server = await Server.start({
      site: this.site,
      config: CONFIG,
      args: ['--origin', `http://127.0.0.1:${this.app.port}`],
    });
    return this.server.port;
  }

  // In code, because the settings allow no less than a minute.
  age() {
    this.write = (body) => this.page.eval(`outbox.post('/api/write', '${body}', { expires: 1_000 }).then(() => 202)`);
  }

  #page(token) {
    const script = `
      import { auth, outbox } from '/_offing/client.js';
      auth(() => '${token}');
      window.outbox = outbox;
      window.told = [];
      for (const name of ['sent', 'expired', 'rejected']) outbox.on(name, (entry) => told.push([name, entry.id]));`;
    writeFileSync(
      path.join(this.site, 'index.html'),
      `<!doctype html><title>writes</title><script type="module">${script}</script>`,
    );
  }

  replay() {
    return Promise.race([this.page.eval('outbox.flush()'), sleep(3_000)]);
  }

  told() {
    return this.page.eval(`told.some(([event]) => event === 'expired')`);
  }
}
