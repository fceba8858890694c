// The kill switch and the forced update on the server's side: the record, the signed call, the frames, the command line.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { runOffing } from '../lib/server.mjs';
import { sleep, until } from '../lib/until.mjs';
import { serverForFile } from './fixture.mjs';

const on = serverForFile({ files: { 'index.html': '<!doctype html><p>one</p>' } });

const record = async () => (await fetch(`${on.server.origin}/_offing/control`)).json();
const call = (json, method = 'POST') => on.api.call(method, '/worker', method === 'POST' ? { json } : {});
const worker = async () => (await fetch(`${on.server.origin}/sw.js`)).text();
const offing = (...args) =>
  runOffing(['worker', ...args, '--server', on.server.origin, '--app', on.server.credentials]);
const control = (frame) => frame.event === 'offing:control';
const said = (frame) => JSON.parse(frame.data);

describe('the record of the workers', () => {
  test('says nothing special at first, names the manifest, and is never stored', async () => {
    const response = await fetch(`${on.server.origin}/_offing/control`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const { manifest } = await (await fetch(`${on.server.origin}/_offing/manifest.json`)).json();
    assert.deepEqual(await response.json(), { kill: false, require: '', revision: 0, manifest });
    assert.equal((await fetch(`${on.server.origin}/_offing/control`, { method: 'POST' })).status, 405);
  });

  test('kill: told to every open connection and to each that opens, and /sw.js is the safety worker', async () => {
    const sockets = [await PusherSocket.open(on.port), await PusherSocket.open(on.port)];
    const { status, body } = await call({ action: 'kill' });
    assert.equal(status, 200);
    assert.equal(body.kill, true);
    assert.equal(body.changed, true);
    assert.equal(body.told, 2);
    for (const socket of sockets) {
      const frame = await socket.next(control);
      assert.equal(frame.channel, undefined);
      assert.deepEqual(said(frame), await record());
    }
    sockets.push(await PusherSocket.open(on.port));
    assert.equal(said(await sockets[2].next(control)).kill, true);
    assert.match(await worker(), /unregister/);
    assert.doesNotMatch(await worker(), /precache/i);
    for (const socket of sockets) socket.close();
  });

  test('it stands after kill -9, until it is revived', async () => {
    const before = await record();
    await on.server.kill();
    await on.server.run();
    assert.deepEqual(await record(), before);
    assert.match(await worker(), /unregister/);
    const socket = await PusherSocket.open(on.port);
    await socket.next(control);
    await call({ action: 'revive' });
    assert.equal(said(await socket.next(control)).kill, false);
    assert.match(await worker(), /__OFFING/);
    const later = await PusherSocket.open(on.port);
    await later.settle();
    assert.deepEqual(later.events, [], 'there is nothing to say any more');
    for (const one of [socket, later]) one.close();
  });

  test('while the latest is required, a change of the site is told', async () => {
    const socket = await PusherSocket.open(on.port);
    await call({ action: 'require', version: 'latest' });
    const first = said(await socket.next(control));
    assert.equal(first.require, 'latest');
    writeFileSync(path.join(on.server.site, 'index.html'), '<!doctype html><p>two</p>');
    const next = said(await socket.next(control, 15_000));
    assert.notEqual(next.manifest, first.manifest);
    assert.equal(next.manifest, (await record()).manifest);
    await call({ action: 'require', version: 'none' });
    assert.equal(said(await socket.next(control)).require, '');
    writeFileSync(path.join(on.server.site, 'index.html'), '<!doctype html><p>three</p>');
    await until('the manifest has changed', async () => (await record()).manifest !== next.manifest, {
      timeout: 15_000,
    });
    await sleep(200);
    await socket.settle();
    assert.equal(socket.frames.filter(control).length, 3, 'and no other');
    socket.close();
  });

  test('only who has the secret of the app changes it, and only in words that it knows', async () => {
    const before = await record();
    const options = { json: { action: 'kill' }, spoil: (params) => (params.auth_signature = '0'.repeat(64)) };
    assert.equal((await on.api.call('POST', '/worker', options)).status, 401);
    for (const json of [{}, { action: 'stop' }, { action: 'require' }, { action: 'require', version: 7 }]) {
      assert.equal((await call(json)).status, 400, JSON.stringify(json));
    }
    const other = await call({ action: 'require', version: '0'.repeat(32) });
    assert.equal(other.status, 409);
    assert.match(other.body.error, new RegExp(before.manifest));
    assert.equal((await on.api.call('DELETE', '/worker')).status, 405);
    assert.deepEqual((await call(undefined, 'GET')).body, before);
    assert.deepEqual(await record(), before);
  });

  test('an event of that name in a channel is an event like any other', async () => {
    const socket = await PusherSocket.open(on.port);
    await socket.subscribe('news');
    await on.api.publish('news', 'offing:control', { kill: true });
    const frame = await socket.next(control);
    assert.equal(frame.channel, 'news');
    assert.equal((await record()).kill, false);
    socket.close();
  });
});

describe('offing worker', () => {
  test('says what it did and how many were told', async () => {
    const socket = await PusherSocket.open(on.port);
    const steps = [
      [['kill'], /switched off.*\n1 connected client was told/],
      [['kill'], /switched off already/],
      [['status'], /switched off \(killed\)\nrequired: no version/],
      [['revive'], /are on again.*\n1 connected client was told/],
      [['revive'], /nothing changed/],
      [['require', 'latest'], new RegExp(`latest version is required, now ${(await record()).manifest}`)],
      [['status'], /workers: {2}on\nrequired: latest/],
      [['require', 'none'], /No version is required any more/],
      [['require', (await record()).manifest], /Version [0-9a-f]{32} is required/],
      [['revive'], /are on again/],
    ];
    for (const [args, words] of steps) {
      const { code, stdout, stderr } = await offing(...args);
      assert.equal(code, 0, stderr);
      assert.match(stdout, words, args.join(' '));
    }
    socket.close();
  });

  test('says in one line what is wrong, and ends with 1', async () => {
    const wrong = await offing('require', 'nonsense');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /does not have version nonsense.*\(409\)/);
    const away = await runOffing([
      'worker',
      'status',
      '--server',
      'http://127.0.0.1:1',
      '--app',
      on.server.credentials,
    ]);
    assert.equal(away.code, 1);
    assert.match(away.stderr, /127\.0\.0\.1:1/);
    const stranger = await runOffing(['worker', 'kill', '--server', on.server.origin, '--app', '1:test-key:wrong']);
    assert.equal(stranger.code, 1);
    assert.match(stranger.stderr, /\(401\)/);
    assert.equal((await record()).kill, false);
    assert.notEqual((await runOffing(['worker'])).code, 0);
  });
});
