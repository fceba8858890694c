// examples/notes and examples/chat as their demos serve them, in two browsers. The pictures of them in the documentation are made here.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { APP } from '../lib/api.mjs';
import { App } from '../lib/app.mjs';
import { tempFolder } from '../lib/ending.mjs';
import { browserNames, launch } from '../lib/pages.mjs';
import { freePort } from '../lib/ports.mjs';
import { until } from '../lib/until.mjs';
import { config, controlled, EXAMPLES, fits, offline, online, picture, quiet, text } from './examples.mjs';
import { Scene } from './scene.mjs';

const set = (tab, id, value) =>
  tab.eval(`(() => {
    const field = document.getElementById('${id}');
    field.value = ${JSON.stringify(value)};
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
  })()`);
const click = (tab, selector) => tab.eval(`document.querySelector(${JSON.stringify(selector)}).click()`);
const LATE = { timeout: 60_000 };

for (const name of browserNames) {
  describe(`the notes in ${name}`, () => {
    let app;
    let scene;
    let tab;
    let other;
    before(async () => {
      const port = await freePort();
      const env = {
        NOTES_FILE: path.join(tempFolder('notes'), 'notes.json'),
        OFFING_APP: `${APP.id}:${APP.key}:${APP.secret}`,
        OFFING_SERVER: `http://127.0.0.1:${port}`,
      };
      app = await App.start({ args: [path.join(EXAMPLES, 'notes/app.mjs')], env, health: '/notes.json' });
      scene = await Scene.open(name, {
        site: path.join(EXAMPLES, 'notes/public'),
        config: config('notes'),
        args: ['--origin', app.origin],
        serverOptions: { port },
      });
      other = await launch(name);
    });
    after(async () => {
      await other?.close();
      await scene?.close();
      await app?.kill();
    });

    const open = async (browser) => {
      const page = await browser.newPage();
      assert.equal(await page.goto(scene.proxy.origin), undefined);
      await controlled(page);
      return page;
    };
    const titles = (page) => page.eval(`[...document.querySelectorAll('#list b')].map((each) => each.textContent)`);
    const shows = (page, ...wanted) => {
      const all = async () => {
        const found = await titles(page);
        return wanted.every((title) => found.includes(title));
      };
      return until(`${wanted} are shown`, all, LATE);
    };
    const write = async (page, content) => {
      await set(page, 'text', content);
      await click(page, '#save');
      await until('it is saved', () => page.eval(`document.getElementById('save').disabled`));
    };
    const anew = async (page, content) => (await click(page, '#new'), write(page, content));
    const pending = (page) => page.eval(`document.querySelectorAll('#list .pending').length`);

    test('a note is rendered, saved, and there in the other browser', async () => {
      tab = await open(scene.browser);
      const page = await open(other);
      await set(tab, 'text', '# Soup\n\n- *leek*\n- <b>no</b> HTML');
      assert.match(
        await tab.eval(`document.getElementById('preview').innerHTML`),
        /<h2>Soup\s*<\/h2>\s*<ul><li><em>leek<\/em><\/li><li>&lt;b&gt;no&lt;\/b&gt; HTML<\/li><\/ul>/,
      );
      await write(tab, '# Soup\n\n- leek');
      await shows(page, 'Soup');
      await until('nothing waits', async () => (await pending(tab)) === 0);
      await page.close();
    });

    test('notes that are written offline are marked, outlive the page, and arrive', async () => {
      await offline(scene);
      await anew(tab, '# Bread\n\nFlour, water, **salt**.\n\n> Wait.');
      await write(tab, '# Bread\n\nFlour, water, **salt**, time.\n\n1. Knead\n2. Wait\n\n`230 °C`');
      await anew(tab, '# Jam');
      await shows(tab, 'Soup', 'Bread', 'Jam');
      assert.equal(await pending(tab), 2);
      await until('how many wait is told', async () => (await text(tab, 'pending')) === '3 to be sent');
      await until('it says offline', async () => /^offline since/.test(await text(tab, 'status-text')), LATE);
      await tab.eval(`[...document.querySelectorAll('#list b')].find((each) => each.textContent === 'Bread').click()`);
      await tab.resize(1100, 560);
      await picture(tab, 'notes', name);
      await tab.close();
      tab = await open(scene.browser);
      await shows(tab, 'Soup', 'Bread', 'Jam');
      assert.equal(await pending(tab), 2);
      await online(scene);
      await until('nothing waits', async () => (await pending(tab)) === 0 && !(await text(tab, 'pending')), LATE);
      const page = await open(other);
      await shows(page, 'Soup', 'Bread', 'Jam');
      await page.close();
      const stored = await (await fetch(`${app.origin}/notes.json`)).json();
      assert.equal(stored.length, 3);
      assert.match(stored.find(({ text: each }) => /Bread/.test(each)).text, /time/);
    });

    test('fits a narrow screen', () => fits(tab));

    test('what was changed in both browsers is settled by hand', async () => {
      const page = await open(other);
      const pick = (each) =>
        each.eval(`[...document.querySelectorAll('#list b')].find((title) => title.textContent === 'Soup').click()`);
      for (const each of [tab, page]) {
        await shows(each, 'Soup');
        await pick(each);
      }
      await offline(scene);
      await write(tab, '# Soup\n\n- leek\n- from one');
      await write(page, '# Soup\n\n- leek\n- from the other');
      await online(scene);
      const asks = (each) => each.eval(`!document.getElementById('conflict').hidden`);
      await until('one of them is asked', async () => (await asks(tab)) || (await asks(page)), LATE);
      const asked = (await asks(tab)) ? tab : page;
      const theirs = await text(asked, 'theirs');
      assert.match(theirs, asked === tab ? /from the other/ : /from one/);
      await set(asked, 'merged', '# Soup\n\n- leek\n- from both');
      await click(asked, '#mine');
      await until('it is settled', async () => !(await asks(asked)));
      for (const each of [tab, page]) {
        await pick(each);
        await until(
          'both have it',
          async () => {
            await pick(each);
            return (await each.eval(`document.getElementById('text').value`)).includes('from both');
          },
          LATE,
        );
      }
      await page.close();
    });

    test('works with no script at all', async () => {
      const page = await scene.visit('/plain');
      assert.equal(await page.eval('document.scripts.length'), 0);
      await set(page, 'text', '# Of the plain form');
      await click(page, 'button');
      await until('it is listed', () =>
        page
          .eval(`document.body.textContent.includes('Of the plain form') && location.pathname === '/plain'`)
          .catch(() => false),
      );
      await page.close();
      await shows(tab, 'Of the plain form');
      quiet(tab);
    });
  });

  describe(`the chat in ${name}`, () => {
    let scene;
    let other;
    let ann;
    let bob;
    before(async () => {
      scene = await Scene.open(name, { site: path.join(EXAMPLES, 'chat/public'), config: config('chat') });
      other = await launch(name);
    });
    after(async () => {
      await other?.close();
      await scene?.close();
    });

    const enter = async (browser, who) => {
      const page = await browser.newPage();
      assert.equal(await page.goto(scene.proxy.origin), undefined);
      await controlled(page);
      await set(page, 'name', who);
      return page;
    };
    const say = async (page, what) => {
      await set(page, 'text', what);
      await click(page, 'form button');
      await until('it is said', () => page.eval(`document.getElementById('text').value === ''`));
    };
    const said = (page) => page.eval(`[...document.querySelectorAll('#room p')].map((each) => each.textContent)`);
    const hears = (page, all) => until(`${all.at(-1)} is heard`, async () => `${await said(page)}` === `${all}`, LATE);
    const waiting = (page) => page.eval(`document.querySelectorAll('#room .pending').length`);

    test('what one says the other hears', async () => {
      ann = await enter(scene.browser, 'Ann');
      bob = await enter(other, 'Bob');
      await say(ann, 'Is anybody there?');
      await hears(bob, ['Is anybody there?']);
      await say(bob, 'I am.');
      await hears(ann, ['Is anybody there?', 'I am.']);
      await until('nothing waits', async () => (await waiting(ann)) === 0);
      assert.equal(await ann.eval(`document.querySelectorAll('#room .mine').length`), 1);
    });

    test('what is said offline stands there, marked, and is heard in order, once, when the server is back', async () => {
      await offline(scene);
      for (const what of ['The tunnel begins.', 'It is dark.', 'Still dark.']) await say(ann, what);
      const all = ['Is anybody there?', 'I am.', 'The tunnel begins.', 'It is dark.', 'Still dark.'];
      await hears(ann, all);
      assert.equal(await waiting(ann), 3);
      await until('it says offline', async () => /^offline since \d/.test(await text(ann, 'status-text')), LATE);
      await ann.resize(900, 560);
      await picture(ann, 'chat', name);
      await ann.close();
      await online(scene);
      ann = await enter(scene.browser, 'Ann');
      await hears(bob, all);
      await hears(ann, all);
      await until('nothing waits', async () => (await waiting(ann)) === 0);
    });

    test('fits a narrow screen', async () => {
      await fits(ann);
      quiet(ann);
    });
  });
}
