// The listings of "Combining realtime and offline (Using Pusher in a Service Worker)" (Ben Foxall, Pusher's blog), behind the server
// with stock pusher-js. In print they lost lines, so the completed worker stands here, in the article's order.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { APP } from '../lib/api.mjs';
import { browserNames } from '../lib/pages.mjs';
import { staysTrue, until } from '../lib/until.mjs';
import { folderOf, listing, page, WORKER } from './listings.mjs';
import { Scene } from './scene.mjs';

const DOCUMENT = 'combining-realtime-and-offline';
const dist = (name) => readFileSync(createRequire(import.meta.url).resolve(`pusher-js/dist/${name}`));
const printed = ['offline', 'realtime', 'messages'].map((part) => listing(DOCUMENT, `${part}.service-worker.js`));

const OFFLINE = `
self.addEventListener('install', (event) =>
  event.waitUntil(caches.open('v1').then(cache => cache.addAll(['/', '/json']))));
self.addEventListener('fetch', (event) =>
  event.respondWith(caches.match(event.request).then(found => found || fetch(event.request))));
`;
const REALTIME = `
importScripts('/pusher.worker.js');
const add = (tweet) =>
  caches.open('v1')
    .then(cache =>
      cache.match('/json')
        .then(resp => resp.json())
        .then(tweets =>
          cache.put('/json', new Response(
            JSON.stringify([tweet].concat(tweets)),
            {headers: {
                'Content-Type': 'application/json'
            }}))));
const connection = { wsHost: location.hostname, wsPort: location.port, forceTLS: false, enabledTransports: ['ws'] };
new Pusher('${APP.key}', { ...connection, cluster: 'mt1' })
  .subscribe('tweets')
      .bind('tweet', (tweet) => add(tweet).then(notify));
`;
const MESSAGES = `
const notify = () => self.clients.matchAll()
  .then( clients =>
    clients.forEach( client => client.postMessage('tweet')));
`;
const MAIN = `
navigator.serviceWorker.register('/service-worker.js');
const show = () => fetch('/json').then((resp) => resp.json()).then((tweets) => {
  document.getElementById('tweets').replaceChildren(...tweets.map(({ text }) => {
    const row = document.createElement('li');
    row.textContent = text;
    return row;
  }));
});
let more = 0;
navigator.serviceWorker
.addEventListener('message',function(event) {
  document.getElementById('more').textContent = ++more + ' more things';
});
show();
`;
const tweets = [{ text: 'javascript at sea' }, { text: 'javascript in a tunnel' }];
const site = (worker, main = MAIN) =>
  folderOf({
    'index.html': page('tweets', `<p id="more"></p><ul id="tweets"></ul><script>${main}</script>`),
    json: JSON.stringify(tweets),
    'service-worker.js': worker,
    'pusher.worker.js': dist('worker/pusher.worker.min.js'),
  });

const more = (tab) => tab.eval(`document.getElementById('more').textContent`);
const rows = (tab) => tab.eval(`[...document.querySelectorAll('#tweets li')].map((row) => row.textContent)`);
const controls = (tab) => until('the worker is active', async () => (await tab.eval(WORKER)) === 'active');

for (const name of browserNames) {
  test(`Pusher's blog, "Combining realtime and offline", as printed: lines were lost and no part of it parses, in ${name}`, async () => {
    const scene = await Scene.open(name, { site: site('', '') });
    try {
      const tab = await scene.visit();
      for (const text of [...printed, printed.join('\n'), listing(DOCUMENT, 'messages.main.js')]) {
        const parse = `(() => { try { new Function(${JSON.stringify(text)}); } catch (error) { return error.name; } })()`;
        assert.equal(await tab.eval(parse), 'SyntaxError', text);
      }
      folderOf({ 'service-worker.js': printed.join('\n') }, scene.server.site);
      const registered = `navigator.serviceWorker.register('/service-worker.js').then(() => 'registered', (error) => error.name)`;
      assert.match(await tab.eval(registered), /TypeError|SyntaxError/);
    } finally {
      await scene.close();
    }
  });

  describe(`Pusher's blog, "Combining realtime and offline", completed, in ${name}`, () => {
    let scene;
    let tab;
    let count = 0;
    const tweet = () => scene.server.api.publish('tweets', 'tweet', { text: `tweet ${++count}` });
    before(async () => (scene = await Scene.open(name, { site: site(MESSAGES + OFFLINE + REALTIME) })));
    after(() => scene?.close());

    test('the page opens with no network', async () => {
      tab = await scene.visit();
      await controls(tab);
      await scene.proxy.cut();
      const offline = await scene.visit();
      await until('the tweets are shown', async () => (await rows(offline)).length === 2);
      await offline.close();
      await scene.proxy.restore();
    });

    test('tweets reach the cached /json over the socket, with no request, and the page says how many', async () => {
      await tab.reload();
      await until('the worker is connected', () => scene.sockets());
      const subscribed = async () => (await scene.server.api.call('GET', '/channels/tweets')).body.occupied;
      await until('the worker is subscribed', subscribed);
      const mark = scene.server.mark();
      for (const n of [1, 2, 3]) {
        await tweet();
        await until(`${n} more`, async () => (await more(tab)) === `${n} more things`);
      }
      await tab.eval('show()');
      await until('all five are shown', async () => (await rows(tab)).length === 5);
      assert.equal((await rows(tab))[0], 'tweet 3');
      assert.deepEqual(
        scene.asked(mark).filter(({ target }) => target.startsWith('/json')),
        [],
      );
    });

    test('a reload does not reconnect, and a second tab shares the connection', async () => {
      const sockets = scene.sockets();
      await tab.reload();
      const second = await scene.visit();
      await tweet();
      await until(
        'both tabs hear it',
        async () => (await more(tab)) === '1 more things' && (await more(second)) === '1 more things',
      );
      assert.equal(scene.sockets(), sockets);
      await second.close();
    });

    test('what is published while the worker is stopped is missed: the hole that a live resource closes', async () => {
      const sockets = scene.sockets();
      await scene.browser.stopWorkers();
      await tweet();
      await tab.reload();
      await until('the worker is connected again', () => scene.sockets() > sockets);
      await tab.eval('show()');
      await until('the tweets are shown', async () => (await rows(tab)).length === 6);
      await staysTrue('tweet 5 does not come', async () => !(await rows(tab)).includes('tweet 5'), 1_000);
    });
  });
}
