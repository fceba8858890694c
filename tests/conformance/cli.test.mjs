// The command line: what a person meets before and beside the server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { killGroup, tempFolder, watchChild } from '../lib/ending.mjs';
import { freePort } from '../lib/ports.mjs';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { OFFING, runOffing, Server } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';
import { CONFIG, fresh, serverForFile } from './fixture.mjs';

const on = serverForFile();
const target = () => ['--server', on.server.origin, '--app', on.server.credentials];
const log = async (channel) => (await on.api.call('GET', `/channels/${channel}`, { query: { info: 'log' } })).body.log;

describe('help', () => {
  test('--version and --help answer and end with 0', async () => {
    const version = await runOffing(['--version']);
    assert.equal(version.code, 0);
    assert.match(version.stdout, /^(offing )?\d+\.\d+\.\d+/);
    for (const args of [['--help'], ['serve', '--help'], ['publish', '--help']]) {
      const { code, stdout } = await runOffing(args);
      assert.equal(code, 0);
      assert.match(stdout, /usage/i);
    }
  });

  test('a flag or command that does not exist is told, and the end is not 0', async () => {
    for (const args of [['serve', '--nonsense'], ['nonsense'], ['publish', 'only-one']]) {
      const { code, stderr } = await runOffing(args);
      assert.notEqual(code, 0, args.join(' '));
      assert.ok(stderr.length > 0, args.join(' '));
    }
  });
});

describe('serve refuses with one clear line', () => {
  async function refusal(args, pattern) {
    const { code, stderr, stdout } = await runOffing(['serve', ...args], { timeout: 10_000 });
    const said = stderr + stdout;
    assert.ok(code > 0, `ended with ${code}: ${said}`);
    assert.match(said, pattern);
    assert.ok(said.trim().split('\n').length <= 3, said);
    assert.doesNotMatch(said, /terminate called|Aborted|at src\//);
  }
  const site = tempFolder('site');
  const clean = () => ['--data', path.join(tempFolder('data'), 'd'), '--listen', '127.0.0.1:0'];

  test('a second server on the same data folder', () =>
    refusal([site, '--listen', '127.0.0.1:0', '--data', on.server.data], /data/));
  test('a port that is taken', () =>
    refusal(
      [site, ...clean().slice(0, 2), '--listen', `127.0.0.1:${on.port}`],
      new RegExp(`listen.*${on.port}|${on.port}.*listen`, 'is'),
    ));
  test('a folder that does not exist', () => refusal(['/nowhere/at/all', ...clean()], /\/nowhere\/at\/all/));
  test('a configuration file that does not exist', () =>
    refusal([site, ...clean(), '--config', '/nowhere.toml'], /\/nowhere\.toml/));
  test('an app that is not ID:KEY:SECRET', () => refusal([site, ...clean(), '--app', 'nonsense'], /ID:KEY:SECRET/));
  test('an address that is none', () =>
    refusal([site, ...clean().slice(0, 2), '--listen', 'nonsense'], /listen.*nonsense|nonsense.*listen/is));

  const wrong = {
    'TOML that does not parse': ['[[channel]\n', /toml/],
    'a setting that is unknown': ['[[channel]]\nname = "a"\nlgo = { age = "1d" }\n', /lgo/],
    'an age that is none': ['[[channel]]\nname = "a"\nlog = { age = "soon" }\n', /soon/],
    'an operation that does not exist': [
      '[[channel]]\nname = "a"\nlog = { age = "1d" }\n[[resource]]\npath = "/a.json"\nchannel = "a"\napply = "shuffle"\n',
      /shuffle/,
    ],
    'a resource of a channel without a log': [
      '[[resource]]\npath = "/a.json"\nchannel = "a"\napply = "prepend"\n',
      /log/,
    ],
  };
  for (const [what, [text, pattern]] of Object.entries(wrong)) {
    test(what, async () => {
      const file = path.join(tempFolder('config'), 'offing.toml');
      writeFileSync(file, text);
      await refusal([site, ...clean(), '--config', file], pattern);
    });
  }
});

describe('serve with nothing but a folder', () => {
  test('makes an app, says so, and keeps it', async () => {
    const data = path.join(tempFolder('data'), 'new');
    const port = await freePort();
    const run = () =>
      watchChild(
        spawn(OFFING, ['serve', tempFolder('site'), '--data', data, '--listen', `127.0.0.1:${port}`], {
          detached: true,
        }),
      );
    const apps = [];
    for (let n = 0; n < 2; n++) {
      const child = run();
      await until('healthy', async () => (await fetch(`http://127.0.0.1:${port}/_offing/health`)).ok);
      const worker = await (await fetch(`http://127.0.0.1:${port}/sw.js`)).text();
      apps.push(/"app":\s*"([^"]+)"/.exec(worker)?.[1]);
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
    }
    assert.ok(apps[0], 'the worker knows the key');
    assert.equal(apps[0], apps[1]);
  });
});

describe('publish', () => {
  test('publishes one event', async () => {
    const channel = fresh('log-');
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    const { code, stderr } = await runOffing(['publish', channel, 'hello', '{"a":1}', ...target()]);
    assert.equal(code, 0, stderr);
    const { event, data } = await client.nextEvent('hello');
    assert.deepEqual([event, data], ['hello', '{"a":1}']);
    client.close();
  });

  test('a refusal is told, and the end is not 0', async () => {
    const bad = await runOffing(['publish', 'a b', 'e', 'x', ...target()]);
    assert.notEqual(bad.code, 0);
    const secret = await runOffing([
      'publish',
      'c',
      'e',
      'x',
      '--server',
      on.server.origin,
      '--app',
      '1:test-key:wrong',
    ]);
    assert.notEqual(secret.code, 0);
    assert.match(secret.stderr, /401|signature|secret|key/i);
  });

  test('--follow - publishes each line of standard input, in order', async () => {
    const channel = fresh('log-');
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    const lines = Array.from({ length: 500 }, (_, n) => `line ${n} "quoted" ünï`);
    const { code, stderr } = await runOffing(['publish', channel, 'line', '--follow', '-', ...target()], {
      input: `${lines.join('\n')}\n`,
    });
    assert.equal(code, 0, stderr);
    await until('all lines', () => client.events.length >= 500);
    assert.deepEqual(
      client.events.map((event) => event.data),
      lines,
    );
    client.close();
  });

  test('--follow FILE publishes what is appended, across a kill of the server', async () => {
    const server = await Server.start({ config: CONFIG });
    const folder = tempFolder('follow');
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'lines.txt');
    writeFileSync(file, 'before\n');
    const args = [
      'publish',
      'log-f',
      'line',
      '--follow',
      file,
      '--from',
      'start',
      '--server',
      server.origin,
      '--app',
      server.credentials,
    ];
    const child = watchChild(spawn(OFFING, args, { detached: true, stdio: 'ignore' }));
    const head = async () =>
      (await server.api.call('GET', '/channels/log-f', { query: { info: 'log' } })).body.log?.head ?? 0;
    await until('the first line', async () => (await head()) === 1);
    appendFileSync(file, 'one\ntwo\nhal');
    await until('two more', async () => (await head()) === 3);
    await server.kill();
    appendFileSync(file, 'f\nthree\n');
    await server.run();
    await until('the rest', async () => (await head()) === 5, { timeout: 20_000 });
    const client = await PusherSocket.open(server.port);
    await client.subscribe('log-f', { resume_after_id: '0:0' });
    await until('all', () => client.events.length === 5);
    assert.deepEqual(
      client.events.map((event) => event.data),
      ['before', 'one', 'two', 'half', 'three'],
    );
    killGroup(child);
    await server.kill();
  });

  test('to a channel without a log touches no log', async () => {
    const channel = fresh('c-');
    const { code } = await runOffing(['publish', channel, 'e', 'x', ...target()]);
    assert.equal(code, 0);
    assert.equal(await log(channel), undefined);
  });
});
