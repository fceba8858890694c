// What unmodified pusher-js must find, wherever it runs. `open` makes a client: {ask(call, args), close()}, see clients/kit.js.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { APP } from '../lib/api.mjs';
import { until } from '../lib/until.mjs';
import { sdk, startAuthEndpoint } from './auth-endpoint.mjs';
import { fresh } from './fixture.mjs';

export function pusherJsSuite(name, on, open) {
  describe(name, () => {
    let endpoint;
    let client;
    let publisher;
    let socketId;
    const ask = (call, args) => client.ask(call, args);
    const records = async () => (await ask('report')).records;
    const settledRecords = async (from) => {
      await ask('settle');
      return (await records()).slice(from);
    };

    before(async () => {
      endpoint = await startAuthEndpoint(on.port);
      publisher = sdk(on.port);
      client = await open();
    });
    after(async () => {
      await client?.close();
      endpoint?.close();
      endpoint?.closeAllConnections();
    });

    test('connects', async () => {
      const args = { key: APP.key, port: on.port, authEndpoint: endpoint.url };
      const connected = await ask('connect', args);
      assert.equal(connected.state, 'connected');
      assert.match(connected.socketId, /^\d+\.\d+$/);
      ({ socketId } = connected);
    });

    test('subscribes to a public channel and receives what the SDK triggers', async () => {
      const channel = fresh('pub-');
      const from = (await records()).length;
      assert.deepEqual(await ask('subscribe', { channel }), { ok: true });
      const response = await publisher.trigger(channel, 'greet', { hello: 'wörld' });
      assert.equal(response.status, 200);
      await publisher.trigger(channel, 'text', 'plain text');
      assert.deepEqual(await settledRecords(from), [
        ['greet', { hello: 'wörld' }],
        ['text', 'plain text'],
      ]);
    });

    test('subscribes to a private channel through the auth endpoint', async () => {
      const channel = fresh('private-');
      const from = (await records()).length;
      assert.deepEqual(await ask('subscribe', { channel }), { ok: true });
      await publisher.trigger(channel, 'secret', 1);
      assert.deepEqual(await settledRecords(from), [['secret', 1]]);
    });

    test('a wrong signature is a subscription_error with status 401', async () => {
      const { ok, error } = await ask('subscribe', { channel: fresh('private-refused-') });
      assert.equal(ok, false);
      assert.deepEqual([error.type, error.status], ['AuthError', 401]);
    });

    for (const prefix of ['pub-', 'log-']) {
      test(`triggerBatch arrives in order on a channel named ${prefix}`, async () => {
        const channel = fresh(prefix);
        await ask('subscribe', { channel });
        const from = (await records()).length;
        const batch = Array.from({ length: 10 }, (_, n) => ({ channel, name: 'item', data: { n } }));
        // Before the SDK writes strings in their place.
        const expected = batch.map(({ data }) => ['item', data]);
        assert.equal((await publisher.triggerBatch(batch)).status, 200);
        assert.deepEqual(await settledRecords(from), expected);
      });
    }

    test('is left out of what it triggered itself', async () => {
      const channel = fresh('pub-');
      await ask('subscribe', { channel });
      const from = (await records()).length;
      await publisher.trigger(channel, 'mine', 1, { socket_id: socketId });
      await publisher.trigger(channel, 'theirs', 2);
      assert.deepEqual(await settledRecords(from), [['theirs', 2]]);
    });

    test('hears nothing after unsubscribing', async () => {
      const channel = fresh('pub-');
      await ask('subscribe', { channel });
      await ask('unsubscribe', { channel });
      await ask('settle');
      const from = (await records()).length;
      await publisher.trigger(channel, 'late', 1);
      assert.deepEqual(await settledRecords(from), []);
    });

    test('the SDK finds its channels, and its own count', async () => {
      const channel = fresh('pub-');
      await ask('subscribe', { channel });
      const list = await (await publisher.get({ path: '/channels', params: { filter_by_prefix: channel } })).json();
      assert.deepEqual(list, { channels: { [channel]: {} } });
      const params = { info: 'subscription_count' };
      const one = await (await publisher.get({ path: `/channels/${channel}`, params })).json();
      assert.deepEqual(one, { occupied: true, subscription_count: 1 });
      const answer = await publisher.trigger(channel, 'e', 1, params);
      assert.deepEqual(await answer.json(), { channels: { [channel]: { subscription_count: 1 } } });
    });

    test('disconnects, and the server knows', async () => {
      const channel = fresh('pub-');
      await ask('subscribe', { channel });
      await ask('disconnect');
      await until('the channel is empty', async () => {
        const { occupied } = await (await publisher.get({ path: `/channels/${channel}` })).json();
        return occupied === false;
      });
      assert.deepEqual((await ask('report')).errors, []);
    });
  });
}
