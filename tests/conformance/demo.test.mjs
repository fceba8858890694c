// The demo as a person starts it: examples/live-feed/demo, with a package log of the test's own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { killGroup, tempFolder, watchChild } from '../lib/ending.mjs';
import { freePort } from '../lib/ports.mjs';
import { OFFING, ROOT } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';

const folder = tempFolder('demo');
const log = path.join(folder, 'dpkg.log');
const line = (n) => `2026-03-10 09:00:0${n} install package-${n}:amd64 <none> 1.0-${n}\n`;

async function start() {
  const port = await freePort();
  const env = {
    ...process.env,
    OFFING,
    OFFING_DEMO_LOG: log,
    OFFING_DATA: path.join(folder, 'data'),
    OFFING_LISTEN: `127.0.0.1:${port}`,
  };
  const child = watchChild(spawn(path.join(ROOT, 'examples/live-feed/demo'), { detached: true, env, stdio: 'ignore' }));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const get = (target) => fetch(`http://127.0.0.1:${port}${target}`);
  const feed = async () => (await get('/feed.json')).json();
  return { child, ended, get, feed };
}

const installed = (feed) => feed.map((each) => /package-\d/.exec(each)[0]);

describe('the demo', () => {
  test('serves the page and publishes the package log, and goes on where it was after Ctrl-C', async () => {
    writeFileSync(log, `${line(1)}2026-03-10 09:00:01 status installed package-1:amd64 1.0-1\n${line(2)}`);
    const first = await start();
    await until('two lines', async () => (await first.feed()).length === 2);
    assert.match(await (await first.get('/')).text(), /<h1>What this machine installed<\/h1>/);
    appendFileSync(log, line(3));
    await until('three lines', async () => (await first.feed()).length === 3);
    process.kill(-first.child.pid, 'SIGINT');
    await first.ended;
    await assert.rejects(first.get('/'), 'nobody serves any more');

    appendFileSync(log, line(4));
    const second = await start();
    await until('four lines', async () => (await second.feed()).length >= 4);
    assert.deepEqual(installed(await second.feed()), ['package-4', 'package-3', 'package-2', 'package-1']);
    // A supervisor's signal goes to the script alone.
    second.child.kill('SIGTERM');
    await second.ended;
    await until('nobody serves', () =>
      second.get('/').then(
        () => false,
        () => true,
      ),
    );
    killGroup(second.child);
  });
});
