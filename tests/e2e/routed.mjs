// A site with routes, an origin whose answers a test chooses, and words for asking through a page.
import { until } from '../lib/until.mjs';
import { Meddler } from './meddler.mjs';
import { folderOf, page } from './listings.mjs';
import { Scene } from './scene.mjs';

export const PAGES = {
  'index.html': page('home', '<h1>home</h1><script type="module" src="/_offing/client.js"></script>'),
  'offline.html': page('offline', '<h1>nothing here</h1>'),
  'offline.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="77" height="77"><circle r="9"/></svg>\n',
};

// What stands at the path answers with its body, by default its own name and how often it was asked for.
export class Origin {
  #meddler;
  requests = [];

  constructor(meddler) {
    this.#meddler = meddler;
  }

  // body: a text, or a function of how often it was asked for. An answer of `undefined` never comes.
  say(path, body = (n) => `${path} ${n}`, { status = 200, type = 'text/plain', headers = {}, then } = {}) {
    let count = 0;
    this.#meddler.answers.set(path, (request, response) => {
      this.requests.push({ path, headers: request.headers, method: request.method });
      const text = typeof body === 'function' ? body(++count) : body;
      if (text === undefined) return;
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache', ...headers });
      response.end(text);
      then?.();
    });
  }

  // The connection ends without an answer.
  fail(path) {
    this.#meddler.answers.set(path, (request, response) => {
      this.requests.push({ path, headers: request.headers, method: request.method });
      response.destroy();
    });
  }

  asked(path) {
    return this.requests.filter((each) => each.path === path).length;
  }
}

// A scene of such a site, with a page that the worker controls.
export async function routed(name, { config, files = {}, args }) {
  const site = folderOf({ ...PAGES, ...files });
  const scene = await Scene.open(name, { site, config, args, proxy: Meddler });
  scene.origin = new Origin(scene.proxy);
  scene.tab = await scene.visit();
  await until('the worker controls the page', () => scene.tab.eval('Boolean(navigator.serviceWorker.controller)'));
  return scene;
}

// What a page gets: 'STATUS BODY', or the name of the error.
export const get = (tab, path, init = {}) =>
  tab.eval(`fetch(${JSON.stringify(path)}, ${JSON.stringify(init)})
    .then(async (response) => response.status + ' ' + (await response.text()), (error) => error.name)`);

// What a cache of the routes holds, as paths.
export const kept = (tab, cache) =>
  tab.eval(`(async () => {
    if (!(await caches.has('${cache}'))) return [];
    const keys = await (await caches.open('${cache}')).keys();
    return keys.map(({ url }) => new URL(url).pathname + new URL(url).search);
  })()`);

// Collects what the worker says from now on; answers a function that gives it.
export async function hear(tab, kind) {
  await tab.eval(`(window.heard ??= {}).${kind} = [];
    navigator.serviceWorker.addEventListener('message', ({ data }) => data?.offing === '${kind}' && heard.${kind}.push(data));`);
  return () => tab.eval(`heard.${kind}`);
}
