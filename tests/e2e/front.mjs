// A site whose files change while tabs are open, behind a proxy that can be told what to answer.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../lib/until.mjs';
import { Meddler } from './meddler.mjs';
import { Scene } from './scene.mjs';

export class Front {
  #version = 1;

  static async open(browserName, options = {}) {
    const front = new Front();
    front.scene = await Scene.open(browserName, { site: 'versions', proxy: Meddler, ...options });
    return front;
  }

  get browser() {
    return this.scene.browser;
  }

  // Answers a path with this instead of passing it on; undefined: passes it on again.
  answer(target, body, { status = 200, type = 'application/json', headers = {} } = {}) {
    if (body === undefined) return this.scene.proxy.answers.delete(target);
    const all = { 'content-type': type, 'cache-control': 'no-store', ...headers };
    return this.scene.proxy.answers.set(target, (request, response) => {
      request.resume();
      response.writeHead(status, all).end(body);
    });
  }

  async manifest() {
    const answer = await fetch(`${this.scene.server.origin}/_offing/manifest.json`);
    return (await answer.json()).manifest;
  }

  // A new version of the site: the page, its script and its late part, whose name changes.
  async deploy() {
    const before = await this.manifest();
    const [from, to] = [this.#version, ++this.#version];
    const file = (name) => path.join(this.scene.server.site, name);
    const edit = (name, ...changes) => {
      const text = changes.reduce((all, change) => all.replaceAll(...change), readFileSync(file(name), 'utf8'));
      writeFileSync(file(name), text);
    };
    renameSync(file(`late-${from}.js`), file(`late-${to}.js`));
    edit(`late-${to}.js`, [`part ${from}`, `part ${to}`]);
    edit('app.js', [`script = '${from}'`, `script = '${to}'`], [`late-${from}`, `late-${to}`]);
    edit('index.html', [`data-version="${from}"`, `data-version="${to}"`]);
    return until('the server has seen the new version', async () => {
      const now = await this.manifest();
      return now !== before && now;
    });
  }

  async visit(target = '/') {
    const page = await this.scene.visit(target);
    await until('the worker is there', () => page.eval('offing.ready'), { timeout: 20_000 });
    await until('it controls the page', () => page.eval('Boolean(navigator.serviceWorker.controller)'));
    return page;
  }

  version(page) {
    return page.eval('document.body.dataset.version + document.body.dataset.script');
  }

  loads(page) {
    return page.eval('Number(sessionStorage.loads)');
  }

  shows(page, version, timeout = 15_000) {
    return until(`version ${version} is shown`, async () => (await this.version(page)) === `${version}${version}`, {
      timeout,
    });
  }

  // The browser looks for a new version, as it does by itself now and then.
  look(page) {
    return page.eval(
      'navigator.serviceWorker.getRegistration().then((found) => found.update()).then(() => true, String)',
    );
  }

  offered(page, version) {
    return until('the page was told', () => page.eval(`updates.some((update) => update.version === '${version}')`), {
      timeout: 15_000,
    });
  }

  caches(page, prefix = 'offing-') {
    return page.eval(`caches.keys().then((names) => names.filter((name) => name.startsWith('${prefix}')))`);
  }

  close() {
    return this.scene.close();
  }
}
