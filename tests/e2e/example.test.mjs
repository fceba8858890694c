// examples/live-feed as ./dev demo serves it: a package log that is followed line by line. The picture of it in the README is made here.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { killGroup, tempFolder, watchChild } from '../lib/ending.mjs';
import { browserNames } from '../lib/pages.mjs';
import { OFFING, ROOT } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';
import { HERE, Scene } from './scene.mjs';

const EXAMPLE = path.join(ROOT, 'examples/live-feed');
const PACKAGES =
  'apt base-files bash bind9-host ca-certificates curl dash dpkg e2fsprogs git gnupg grep gzip krb5-locales ' +
  'libc6 libcurl4 libexpat1 libgnutls30 libpam-modules libsqlite3-0 libssl3 libsystemd0 libxml2 linux-image-amd64 login ' +
  'nano openssh-client openssl perl-base postgresql-15 python3.11 sqlite3 systemd tar tzdata udev util-linux vim-tiny wget xz-utils';
const names = PACKAGES.split(' ');
const actions = ['upgrade', 'upgrade', 'install', 'upgrade', 'remove'];

// The n-th line of a package log, as dpkg writes it.
function line(n) {
  const two = (number) => String(number).padStart(2, '0');
  const at = `2026-03-${two(10 + Math.floor(n / 30))} 09:${two(Math.floor(n / 2) % 60)}:${two((n * 7) % 60)}`;
  const action = actions[n % actions.length];
  const [before, now] = [`1.${n % 9}.${n % 5}-1`, `1.${n % 9}.${(n % 5) + 1}-1`];
  const versions = { install: `<none> ${now}`, upgrade: `${before} ${now}`, remove: `${before} <none>` }[action];
  return `${at} ${action} ${names[n % names.length]}:amd64 ${versions}\n`;
}
const noise = '2026-03-10 09:00:00 status half-configured bash:amd64 5.2.15-2\n';
const lines = (from, to) => Array.from({ length: to - from }, (_, n) => line(from + n)).join(noise);

for (const name of browserNames) {
  describe(`the live feed in ${name}`, () => {
    let scene;
    let publisher;
    let page;
    const log = path.join(tempFolder('log'), 'dpkg.log');
    const rows = (tab) => tab.eval(`Number(document.getElementById('feed').dataset.rows ?? 0)`);
    const text = (tab, id) => tab.eval(`document.getElementById('${id}').textContent`);

    before(async () => {
      const config = readFileSync(path.join(EXAMPLE, 'offing.toml'), 'utf8');
      scene = await Scene.open(name, { site: path.join(EXAMPLE, 'public'), config });
      writeFileSync(log, lines(0, 64));
      const follow = ['--follow', log, '--from', 'start', '--match', ' (install|upgrade|remove|purge) '];
      const where = ['--server', scene.server.origin, '--app', scene.server.credentials];
      const args = [
        'publish',
        'feed',
        'package',
        ...follow,
        ...where,
        '--state',
        path.join(scene.server.data, 'dpkg.follow'),
      ];
      publisher = watchChild(spawn(OFFING, args, { detached: true, stdio: 'ignore' }));
    });
    after(async () => {
      if (publisher) killGroup(publisher);
      await scene?.close();
    });

    test('shows what was installed, and that it is live', async () => {
      page = await scene.visit();
      const shown = async () =>
        (await page.eval(`document.querySelectorAll('#feed li, #fresh:not([hidden])').length`)) > 0;
      await until('something is shown', shown, { timeout: 20_000 });
      const all = async () => {
        await page.eval(`document.getElementById('fresh').click()`);
        return (await rows(page)) === 64;
      };
      await until('all lines are shown', all, { timeout: 20_000 });
      await until('it says live', async () => (await text(page, 'status-text')) === 'live');
      const newest = await page.eval(`document.querySelector('#feed li b').textContent`);
      assert.equal(newest, names[63 % names.length]);
      await scene.ready(page);
    });

    test('says how many are new, and shows them when asked', async () => {
      appendFileSync(log, lines(64, 69));
      await until('5 new', async () => (await text(page, 'fresh')) === '5 new');
      assert.equal(await rows(page), 64);
      await picture(page, name);
      await page.eval(`document.getElementById('fresh').click()`);
      assert.equal(await rows(page), 69);
    });

    test('opens offline and says since when, and catches up', async () => {
      await scene.proxy.cut();
      const tab = await scene.visit();
      await until('all lines are shown', async () => (await rows(tab)) === 69);
      await until('it says offline', async () => /^offline since \d/.test(await text(tab, 'status-text')));
      appendFileSync(log, lines(69, 80));
      await scene.proxy.restore();
      await until('11 new', async () => (await text(tab, 'fresh')) === '11 new', { timeout: 30_000 });
      await until('live again', async () => (await text(tab, 'status-text')) === 'live');
    });

    test('finds a package', async () => {
      await page.eval(`document.getElementById('filter').value = 'openssl'`);
      await page.eval(`document.getElementById('filter').dispatchEvent(new Event('input'))`);
      const found = await page.eval(`[...document.querySelectorAll('#feed li b')].map((b) => b.textContent)`);
      assert.ok(found.length > 0 && found.every((each) => each.includes('openssl')), found.join());
    });

    test('writes nothing to the console', () => {
      const loud = page.messages.filter(
        ({ type, text: said }) => /^(warn|error|exception)/.test(type) && !/ERR_|NetworkError/.test(said),
      );
      assert.deepEqual(loud, []);
    });
  });
}

// OFFING_UPDATE_SCREENSHOT=1 renews the one in the README.
async function picture(page, browser) {
  const renew = process.env.OFFING_UPDATE_SCREENSHOT === '1' && browser === 'chromium';
  const folder = renew ? path.join(ROOT, 'docs/images') : path.join(HERE, 'artifacts');
  mkdirSync(folder, { recursive: true });
  await page.bringToFront();
  await page.screenshot(path.join(folder, renew ? 'live-feed.png' : `live-feed-${browser}.png`));
}
