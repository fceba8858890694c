// The listings of the lesson "Background Sync & Push with Service Workers": a page that stores a text and asks for a `sync` event, and a worker that
// sends what is stored when the event comes. Behind `offing serve`, in front of the lesson's server. The lesson gives the helpers
// saveMarkdownLocally() and getLocalRecords() without printing them: they are this file's, over IndexedDB. As printed,
// the worker does not wait for its notification, so nothing is said of that here.
import assert from 'node:assert/strict';
import http from 'node:http';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { browserNames, launch } from '../lib/pages.mjs';
import { Server } from '../lib/server.mjs';
import { staysTrue, until } from '../lib/until.mjs';
import { folderOf, listing, mend, page, WORKER } from './listings.mjs';

const DOCUMENT = 'background-sync-and-push';
const JQUERY = readFileSync(createRequire(import.meta.url).resolve('jquery/dist/jquery.min.js'), 'utf8');
const DATABASE = `const records = (mode) => new Promise((resolve, reject) => {
  const request = indexedDB.open('markdowns', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('markdowns', { autoIncrement: true });
  request.onerror = reject;
  request.onsuccess = () => resolve(request.result.transaction('markdowns', mode).objectStore('markdowns'));
});
const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = reject;
});
`;
const SAVE = `const saveMarkdownLocally = async () => asked((await records('readwrite')).add($('#markdown').val()));\n`;
const READ = `const getLocalRecords = async () => asked((await records('readonly')).getAll());\n`;

// The second listing is the chain that the first one begins.
const CHAIN = `navigator.serviceWorker.register('./service-worker.js')
      .then(registration => navigator.serviceWorker.ready)
      .catch(err => {
        console.log(\`ServiceWorker registration failed: \${err}\`);
      });`;
const APP = mend(listing(DOCUMENT, 'register.app.js'), [CHAIN, listing(DOCUMENT, 'submit.app.js')]);
const SERVICE_WORKER = listing(DOCUMENT, 'sync.service-worker.js') + listing(DOCUMENT, 'persist.service-worker.js');

// The lesson's server: it has what it was sent last.
async function lesson() {
  const posts = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'POST') posts.push(JSON.parse(body).markdowns);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(posts.at(-1) ?? []));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return { posts, origin: `http://127.0.0.1:${port}`, stop: () => (server.closeAllConnections(), server.close()) };
}

for (const name of browserNames) {
  describe(`the lesson "Background Sync & Push with Service Workers" in ${name}`, () => {
    let app;
    let server;
    let browser;
    let tab;
    before(async () => {
      app = await lesson();
      const body = `<textarea id="markdown"></textarea><button id="submit-markdown">Submit</button>
        <script src="jquery.js"></script><script src="app.js"></script>`;
      const site = folderOf({
        'index.html': page('markdown', body),
        'jquery.js': JQUERY,
        'app.js': DATABASE + SAVE + APP,
        'service-worker.js': DATABASE + READ + SERVICE_WORKER,
      });
      server = await Server.start({ site, args: ['--origin', app.origin] });
      browser = await launch(name);
      await browser.grant?.('backgroundSync', 'notifications');
      tab = await browser.newPage();
      await tab.goto(`http://localhost:${server.port}/`);
    });
    after(async () => {
      await browser?.close();
      await server?.kill();
      app?.stop();
    });

    const submit = (text) =>
      tab.eval(`$('#markdown').val('${text}') && document.querySelector('#submit-markdown').click()`);
    const stored = () => tab.eval(`records('readonly').then((store) => asked(store.count()))`);

    if (name === 'firefox') {
      test('without SyncManager the page, as printed, does not register its worker', async () => {
        await staysTrue('no worker', async () => (await tab.eval(WORKER)) === 'none', 1_000);
      });
      return;
    }

    test('the worker is registered, as printed', async () => {
      await until('the worker is active', async () => (await tab.eval(WORKER)) === 'active');
      const { length } = await tab.eval(
        `navigator.serviceWorker.getRegistrations().then(({ length }) => ({ length }))`,
      );
      assert.equal(length, 1, 'and nothing of ours beside it');
    });

    test('online a text is stored and sent', async () => {
      const handles = () => tab.eval(`Boolean($._data(document.querySelector('#submit-markdown'), 'events'))`);
      await until('the button does something', handles);
      await submit('one');
      await until('the text has arrived', () => app.posts.length === 1);
      assert.deepEqual(app.posts[0], ['one']);
    });

    test('offline it is stored, and sent by itself when the network is back', async () => {
      await browser.setOffline(true);
      await submit('two');
      await until('both texts are stored', async () => (await stored()) === 2);
      await staysTrue('nothing is sent', () => app.posts.length === 1, 1_000);
      await browser.setOffline(false);
      await until('the texts have arrived', () => app.posts.length === 2);
      assert.deepEqual(app.posts[1], ['one', 'two']);
    });
  });
}
