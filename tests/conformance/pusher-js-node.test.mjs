// pusher-js as Node loads it, and how it takes refusals, kills and ends.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { describe, test } from 'node:test';
import { APP } from '../lib/api.mjs';
import { Server } from '../lib/server.mjs';
import { sleep, until } from '../lib/until.mjs';
import { sdk } from './auth-endpoint.mjs';
import { fresh, serverForFile } from './fixture.mjs';
import { pusherJsSuite } from './pusher-js-suite.mjs';

const on = serverForFile();
const require = createRequire(import.meta.url);
const kitSource = readFileSync(new URL('./clients/kit.js', import.meta.url), 'utf8');

function open() {
  const scope = { Pusher: require('pusher-js'), setTimeout, clearTimeout, console };
  scope.globalThis = scope;
  vm.runInNewContext(kitSource, scope);
  const plain = (value) => (value === undefined ? value : JSON.parse(JSON.stringify(value)));
  return { ask: async (call, args) => plain(await scope.kit[call](args)), close: () => scope.kit.disconnect() };
}

pusherJsSuite('pusher-js, node build', on, open);

describe('the pusher SDK', () => {
  test('is told 401 for a wrong secret, 404 for a wrong app, 413 for too much', async () => {
    const status = (promise) =>
      promise.then(
        (answer) => answer.status,
        (error) => error.status,
      );
    assert.equal(await status(sdk(on.port, { ...APP, secret: 'x' }).trigger('c', 'e', 1)), 401);
    assert.equal(await status(sdk(on.port, { ...APP, id: '7' }).trigger('c', 'e', 1)), 404);
    assert.equal(await status(sdk(on.port).trigger('c', 'e', 'x'.repeat(20_000))), 413);
  });
});

describe('pusher-js gives up where trying again is no use', { concurrency: true }, () => {
  const dialled = (server, mark) => server.log(mark).filter((entry) => entry.target.includes('/app/')).length;

  test('an unknown key: 4001, disconnected, one attempt', async () => {
    const server = await Server.start();
    const client = open();
    const mark = server.mark();
    const { state } = await client.ask('connect', { key: 'nobody', port: server.port });
    assert.equal(state, 'disconnected');
    await sleep(2_500);
    assert.equal((await client.ask('report')).errors.at(-1)?.code, 4001);
    assert.equal((await client.ask('report')).state, 'disconnected');
    assert.ok(dialled(server, mark) <= 2, 'no second attempt (an attempt may be one line or two)');
    client.close();
    await server.kill();
  });

  test('a server that is killed and back: connected again, subscriptions too', async () => {
    const server = await Server.start();
    const client = open();
    await client.ask('connect', { key: APP.key, port: server.port });
    const channel = fresh('pub-');
    await client.ask('subscribe', { channel });
    const before = (await client.ask('report')).socketId;
    await server.kill();
    await server.run();
    const back = async () => {
      const { state, socketId } = await client.ask('report');
      return state === 'connected' && socketId !== before;
    };
    await until('pusher-js is connected again', back, { timeout: 25_000 });
    await client.ask('settle');
    await sdk(server.port).trigger(channel, 'again', 1);
    await client.ask('settle');
    assert.deepEqual((await client.ask('report')).records, [['again', 1]]);
    client.close();
    await server.kill();
  });

  test('a server that drains: every client comes back to the next one', async () => {
    const server = await Server.start();
    const client = open();
    await client.ask('connect', { key: APP.key, port: server.port });
    assert.deepEqual(await server.terminate(), { code: 0, signal: null });
    await server.run();
    assert.equal(await client.ask('reached', { wanted: ['connected'], ms: 25_000 }), 'connected');
    client.close();
    await server.kill();
  });
});
