// pusher-js as browsers load it: the web build in a page, the worker build in a service worker, in each browser.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { browserNames, launch } from '../lib/pages.mjs';
import { serverForFile } from './fixture.mjs';
import { pusherJsSuite } from './pusher-js-suite.mjs';

const require = createRequire(import.meta.url);
const own = (name) => readFileSync(new URL(`./clients/${name}`, import.meta.url));
const dist = (name) => readFileSync(require.resolve(`pusher-js/dist/${name}`));

const on = serverForFile({
  files: {
    'index.html': own('page.html'),
    'kit.js': own('kit.js'),
    'pusher-worker.js': own('worker.js'),
    'pusher.web.js': dist('web/pusher.min.js'),
    'pusher.worker.js': dist('worker/pusher.worker.min.js'),
  },
});

for (const name of browserNames) {
  let browser;
  before(async () => (browser = await launch(name)));
  after(() => browser?.close());

  const openPage = async (ask, prepare) => {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${on.port}/`);
    if (prepare) await page.eval(prepare);
    const call = (what, args) =>
      page.eval(`(async () => ${ask}(${JSON.stringify(what)}, ${JSON.stringify(args ?? null)}))()`);
    return { ask: call, close: () => page.close() };
  };
  pusherJsSuite(`pusher-js, web build in a page of ${name}`, on, () => openPage('((call, args) => kit[call](args))'));
  pusherJsSuite(`pusher-js, worker build in a service worker of ${name}`, on, () =>
    openPage('askWorker', 'startWorker()'),
  );
}
