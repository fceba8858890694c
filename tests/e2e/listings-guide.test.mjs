// The listings of the guide "What Are JavaScript Service Workers?" (Linode): a page with a picture of a cat that an Express server
// changes every ten seconds, behind --origin. The pictures are made here, in place of the guide's downloads.
import assert from 'node:assert/strict';
import { cpSync, renameSync, writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { App } from '../lib/app.mjs';
import { tempFolder } from '../lib/ending.mjs';
import { browserNames, launch } from '../lib/pages.mjs';
import { CuttableProxy } from '../lib/proxy.mjs';
import { Server } from '../lib/server.mjs';
import { staysTrue, until } from '../lib/until.mjs';
import { folderOf, listing, LISTINGS, mend, WORKER } from './listings.mjs';

const DOCUMENT = 'what-are-javascript-service-workers';
const GUIDE = 'the guide "What Are JavaScript Service Workers?"';
const MAIN = listing(DOCUMENT, 'public/main.js');
const SERVICE_WORKER = listing(DOCUMENT, 'public/service-worker.js');
// The listing says 3000; the test has a free port.
const ELSEWHERE = `const { Server } = require('node:net');
const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, port === 3000 ? Number(process.env.PORT) : port, '127.0.0.1', ...rest);
};
require('./server.js');`;

// Cat n is n pixels taller than 100, so that a test can say which one it sees.
const DRAW = `(async () => {
  const pictures = [];
  for (let n = 1; n <= 10; n++) {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [160, 100 + n];
    const pen = canvas.getContext('2d');
    pen.fillStyle = 'hsl(' + n * 36 + ' 60% 60%)';
    pen.fillRect(0, 0, 160, 120);
    pen.font = '40px sans-serif';
    pen.fillText('cat ' + n, 20, 60);
    pictures.push(canvas.toDataURL('image/jpeg').split(',')[1]);
  }
  return pictures;
})()`;
const shown = (tab) =>
  tab.eval(`(async () => {
    const image = document.querySelector('img');
    return image && (await image.decode().then(() => image.naturalHeight - 100, () => 'no picture'));
  })()`);
const CACHED = `(async () => {
  const found = await caches.match('/img', { cacheName: 'cat-image-cache' });
  return found ? found.status : 'nothing';
})()`;

// The guide's project, its server, ours in front of it, and a browser.
class Stage {
  static async open(name, changes = {}) {
    const stage = new Stage();
    stage.folder = tempFolder('guide');
    cpSync(path.join(LISTINGS, DOCUMENT), stage.folder, { recursive: true });
    folderOf(changes, stage.folder);
    stage.browser = await launch(name);
    const tab = await stage.browser.newPage();
    mkdirSync(path.join(stage.folder, 'imgs'));
    for (const [n, data] of (await tab.eval(DRAW)).entries()) {
      writeFileSync(path.join(stage.folder, `imgs/cat-${n + 1}.jpg`), Buffer.from(data, 'base64'));
    }
    await tab.close();
    stage.app = await App.start({ args: ['--eval', ELSEWHERE], cwd: stage.folder });
    stage.server = await Server.start({ site: '', args: ['--origin', stage.app.origin] });
    stage.proxy = await CuttableProxy.start(stage.server.port);
    return stage;
  }

  async visit() {
    const tab = await this.browser.newPage();
    await tab.goto(`${this.proxy.origin}/`);
    return tab;
  }

  // The first visit ends with an active worker, the second goes through it and fills its cache.
  async visitTwice() {
    const tab = await this.visit();
    await until('the worker is active', async () => (await tab.eval(WORKER)) === 'active');
    await tab.reload();
    await until('page, script and picture are cached', async () => {
      const paths = `caches.open('cat-image-cache').then((cache) => cache.keys()).then((keys) => keys.map((key) => new URL(key.url).pathname))`;
      const cached = await tab.eval(paths);
      return ['/', '/main.js', '/img'].every((each) => cached.includes(each));
    });
    return tab;
  }

  async close() {
    await this.browser?.close();
    await this.proxy?.cut();
    await this.server?.kill();
    await this.app?.kill();
  }
}

async function during(name, changes, scenario) {
  const stage = await Stage.open(name, changes);
  try {
    await scenario(stage);
  } finally {
    await stage.close();
  }
}

for (const name of browserNames) {
  describe(`${GUIDE}, as printed, in ${name}`, () => {
    let stage;
    let tab;
    before(async () => (stage = await Stage.open(name)));
    after(() => stage?.close());

    test('server.js answers through the server in front of it, and changes the picture after ten seconds', async () => {
      const ask = () => fetch(`${stage.server.origin}/img`);
      const first = await ask();
      assert.equal(first.status, 200);
      assert.equal(first.headers.get('content-type'), 'image/jpeg');
      const etag = first.headers.get('etag');
      assert.equal((await ask()).headers.get('etag'), etag);
      await until('another picture', async () => (await ask()).headers.get('etag') !== etag, { timeout: 15_000 });
      assert.match(await (await fetch(stage.server.origin)).text(), /<h1>Example App with Service Worker<\/h1>/);
    });

    test('the second visit is answered from the cache while the picture is renewed behind it', async () => {
      tab = await stage.visitTwice();
      const before = await shown(tab);
      const renewed = async () => {
        await tab.reload();
        const now = await shown(tab);
        assert.notEqual(now, 'no picture');
        return now !== before;
      };
      await until('the next picture', renewed, { timeout: 25_000, every: 1_000 });
    });

    test('the page and its picture open with both servers killed', async () => {
      await until('the cache is at rest', async () => (await tab.eval(CACHED)) === 200);
      await stage.app.kill();
      await stage.server.kill();
      const offline = await stage.visit();
      assert.equal(await offline.eval('document.title'), 'Example App with Service Worker');
      assert.equal(typeof (await shown(offline)), 'number');
    });
  });

  const running = ({ text }) => text === 'Service Worker is running.';
  const mendedMain = mend(MAIN, [
    "then(console.log('Service Worker is running.'))",
    "then(() => console.log('Service Worker is running.'))",
  ]);

  test(`${GUIDE}, main.js as printed says that the worker runs before there is one, also where there never is, in ${name}`, () =>
    during(name, {}, async (stage) => {
      renameSync(path.join(stage.folder, 'public/service-worker.js'), path.join(stage.folder, 'gone.js'));
      const tab = await stage.visit();
      await until('it says so', () => tab.messages.some(running));
      assert.equal(await tab.eval(WORKER), 'none');
    }));

  test(`${GUIDE}, main.js with the call made a function says so once it is true, in ${name}`, () =>
    during(name, { 'public/main.js': mendedMain }, async (stage) => {
      const worker = path.join(stage.folder, 'public/service-worker.js');
      renameSync(worker, `${worker}.gone`);
      const without = await stage.visit();
      await staysTrue('it says nothing', () => !without.messages.some(running), 1_000);
      await without.close();
      renameSync(`${worker}.gone`, worker);
      const tab = await stage.visit();
      await until('it says so', () => tab.messages.some(running));
      assert.match(await tab.eval(WORKER), /^activ|^controls/);
    }));

  const returned = mend(SERVICE_WORKER, [
    "        cache.addAll(['./img']);",
    "        return cache.addAll(['./img']);",
  ]);
  const withoutPictures = (stage) => renameSync(path.join(stage.folder, 'imgs'), path.join(stage.folder, 'gone'));

  test(`${GUIDE}, service-worker.js as printed does not return addAll, and installs without the picture, in ${name}`, () =>
    during(name, {}, async (stage) => {
      withoutPictures(stage);
      const tab = await stage.visit();
      await until('the worker is active', async () => (await tab.eval(WORKER)) === 'active');
      assert.equal(await tab.eval(CACHED), 'nothing');
    }));

  test(`${GUIDE}, service-worker.js with addAll returned installs whole or not at all, in ${name}`, () =>
    during(name, { 'public/service-worker.js': returned }, async (stage) => {
      withoutPictures(stage);
      const tab = await stage.visit();
      await until('the installation has failed', async () => (await tab.eval(WORKER)) === 'none');
      renameSync(path.join(stage.folder, 'gone'), path.join(stage.folder, 'imgs'));
      await tab.reload();
      await until('the worker is active', async () => (await tab.eval(WORKER)) === 'active');
      assert.equal(await tab.eval(CACHED), 200);
    }));

  const onlyGood = mend(returned, [
    'return fetch(request).then((response) => {',
    'return fetch(request).then((response) => {\n            if (!response.ok) return response;',
  ]);

  test(`${GUIDE}, service-worker.js as printed puts the answer 502 of a dead origin in place of the picture, in ${name}`, () =>
    during(name, {}, async (stage) => {
      const tab = await stage.visitTwice();
      await stage.app.kill();
      await tab.reload();
      assert.equal(typeof (await shown(tab)), 'number', 'the copy is still shown');
      await until('the copy is an error', async () => (await tab.eval(CACHED)) === 502);
      await tab.reload();
      assert.notEqual(await tab.eval('document.title'), 'Example App with Service Worker');
    }));

  test(`${GUIDE}, service-worker.js with a look at the status keeps page and picture, in ${name}`, () =>
    during(name, { 'public/service-worker.js': onlyGood }, async (stage) => {
      const tab = await stage.visitTwice();
      await stage.app.kill();
      for (let visit = 1; visit <= 3; visit++) {
        await tab.reload();
        assert.equal(typeof (await shown(tab)), 'number');
      }
      assert.equal(await tab.eval(CACHED), 200);
    }));
}
