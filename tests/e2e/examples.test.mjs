// examples/cats and examples/reader as their demos serve them. The pictures of them in the documentation are made here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { App } from '../lib/app.mjs';
import { tempFolder } from '../lib/ending.mjs';
import { browserNames } from '../lib/pages.mjs';
import { until } from '../lib/until.mjs';
import { config, controlled, EXAMPLES, fits, offline, online, picture, quiet, text } from './examples.mjs';
import { Scene } from './scene.mjs';

for (const name of browserNames) {
  describe(`the cats in ${name}`, () => {
    const EVERY = 4_000;
    let app;
    let scene;
    let tab;
    const cat = (page) =>
      page.eval(`document.getElementById('cat').naturalWidth && document.getElementById('cat').alt`);
    const another = (page, before) =>
      until('another cat', async () => ![before, '', 0].includes(await cat(page)), { timeout: 30_000 });
    before(async () => {
      const env = { CATS_EVERY: String(EVERY) };
      app = await App.start({ args: [path.join(EXAMPLES, 'cats/app.mjs')], env });
      scene = await Scene.open(name, { site: '', config: config('cats'), args: ['--origin', app.origin] });
    });
    after(async () => {
      await scene?.close();
      await app?.kill();
    });

    test('shows a cat, and that it is online', async () => {
      tab = await scene.visit();
      await until('a cat', async () => /^\w+, an? /.test(await cat(tab)));
      assert.match(await text(tab, 'when'), /^drawn at \d/);
      await until('it says online', async () => (await text(tab, 'status-text')) === 'online');
      await controlled(tab);
      const all = `Promise.all(['/', '/cats.js', '/cats.css', '/cat'].map((each) => caches.match(each)))`;
      await until('all of it is kept', () => tab.eval(`${all}.then((found) => found.every(Boolean))`));
    });

    test('shows the cached cat at once and swaps it when the app has drawn another', async () => {
      await tab.reload();
      const first = await until('a cat', () => cat(tab));
      await another(tab, first);
      await picture(tab, 'cats', name);
    });

    test('fits a narrow screen', () => fits(tab));

    test('keeps the last cat while the app is gone and the server answers 502', async () => {
      await app.kill();
      const last = await cat(tab);
      await tab.eval(`document.getElementById('next').click()`);
      const visit = await scene.visit();
      assert.equal(await visit.eval('document.title'), 'A cat every ten seconds');
      await until('a cat', () => cat(visit));
      assert.equal(await cat(tab), last);
      await visit.close();
    });

    test('opens with both servers killed, says since when, and goes on by itself once they are back', async () => {
      await offline(scene);
      const visit = await scene.visit();
      const last = await until('a cat', () => cat(visit));
      await until('it says offline', async () => /^offline since \d/.test(await text(visit, 'status-text')));
      await app.run();
      await online(scene);
      await another(visit, last);
      await until('it says online', async () => (await text(visit, 'status-text')) === 'online', { timeout: 40_000 });
      quiet(visit);
    });
  });

  describe(`the reader in ${name}`, () => {
    let scene;
    let tab;
    const open = async (target) => {
      assert.equal(await tab.goto(scene.proxy.origin + target), undefined);
    };
    const saved = () => tab.eval(`[...document.querySelectorAll('#saved a')].map((each) => each.pathname)`);
    const drawn = (selector) =>
      until(`${selector} is drawn`, () => tab.eval(`document.querySelector('${selector}').naturalWidth`));
    before(async () => {
      const site = tempFolder('reader');
      cpSync(path.join(EXAMPLES, 'reader/public'), site, { recursive: true });
      execFileSync(process.execPath, [path.join(EXAMPLES, 'reader/make-audio.mjs'), path.join(site, 'audio')]);
      scene = await Scene.open(name, { site, config: config('reader') });
    });
    after(() => scene?.close());

    test('lists its articles, and that nothing is on this device yet', async () => {
      tab = await scene.visit();
      await controlled(tab);
      assert.equal(await tab.eval(`document.querySelectorAll('.cards a').length`), 4);
      assert.deepEqual(await saved(), []);
      await until('it says online', async () => (await text(tab, 'status-text')) === 'online');
    });

    test('keeps what was read, and with a button what belongs to it', async () => {
      await open('/articles/how-far.html');
      await drawn('img.wide');
      await open('/articles/fog.html');
      await until('it can be kept', () => tab.eval(`!document.getElementById('keep').hidden`));
      await tab.eval(`document.getElementById('keep').click()`);
      await until('it is kept', async () => /with all its parts/.test(await text(tab, 'kept')), { timeout: 20_000 });
      await open('/');
      const both = ['/articles/how-far.html', '/articles/fog.html'];
      await until('both are listed', async () => (await saved()).length === 2);
      assert.deepEqual((await saved()).sort(), both.sort());
      await until('what it takes is told', async () => /^[1-9][\d.,]* MB are kept/.test(await text(tab, 'storage')));
      await tab.resize(1100, 1240);
      await picture(tab, 'reader', name);
      await tab.resize(1100, 900);
    });

    test('fits a narrow screen', async () => {
      await fits(tab);
      await open('/articles/fog.html');
      await fits(tab);
    });

    test('opens with the server killed: the list, what was read, its picture', async () => {
      await offline(scene);
      await open('/');
      await until('both are listed', async () => (await saved()).length === 2);
      await until('it says offline', async () => /^offline since \d/.test(await text(tab, 'status-text')));
      await open('/articles/how-far.html');
      assert.equal(await tab.eval(`document.querySelector('h1').textContent`), 'How far a light is seen');
      await drawn('img.wide');
    });

    test('plays the recording offline, from any place in it', async () => {
      await open('/articles/fog.html');
      await until('its length is known', () => tab.eval(`document.getElementById('player').duration === 48`));
      for (const place of [33, 2, 46, 17]) {
        const seek = `new Promise((resolve) => {
          const player = document.getElementById('player');
          player.addEventListener('seeked', () => resolve(player.currentTime), { once: true });
          player.currentTime = ${place};
        })`;
        assert.equal(await tab.eval(seek), place);
        assert.ok(await tab.eval(`document.getElementById('player').readyState >= 2`), 'there is sound at that place');
      }
      await tab.eval(`document.querySelector('[data-seek="32"]').click()`);
      await until('it plays', async () => (await tab.eval(`document.getElementById('player').currentTime`)) > 32.2);
      // A machine without a sound card plays nothing in Firefox, and says so.
      const error = await tab.eval(`document.getElementById('player').error?.message ?? ''`);
      assert.ok(['', 'OnMediaSinkAudioError'].includes(error), error);
    });

    test('shows a page and a picture of its own for what is not there', async () => {
      await open('/articles/prisms.html');
      assert.equal(await tab.eval(`document.querySelector('h1').textContent`), 'This page is not on this device');
      await until('what there is is listed', async () => (await saved()).length === 2);
      const drawing = `(async () => {
        const image = new Image();
        image.src = '/images/never-seen.svg';
        await image.decode();
        return image.naturalWidth;
      })()`;
      assert.ok((await tab.eval(drawing)) > 0);
    });

    test('removes what is not wanted any more', async () => {
      await open('/');
      await until('both are listed', async () => (await saved()).length === 2);
      await tab.eval(`document.querySelector('#saved a[href*=fog] + button').click()`);
      await until('one is left', async () => (await saved()).length === 1);
      await open('/articles/fog.html');
      assert.equal(await tab.eval(`document.querySelector('h1').textContent`), 'This page is not on this device');
      quiet(tab);
    });
  });
}
