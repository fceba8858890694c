// The log of a channel: positions, resuming, catching up, and what a kill of the server leaves of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { Server } from '../lib/server.mjs';
import { sleep, until } from '../lib/until.mjs';
import { CONFIG, fresh, serverForFile } from './fixture.mjs';

const on = serverForFile();
const resumeOf = (frame) => JSON.parse(frame.data).resume;
const epochOf = (id) => id.split(':')[0];
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => String(from + n));
const log = async (api, channel) =>
  (await api.call('GET', `/channels/${channel}`, { query: { info: 'log' } })).body.log;

async function written(channel, count) {
  const ids = await on.api.publishAll(channel, 'e', numbers(1, count));
  return { ids, epoch: epochOf(ids[0]) };
}

async function heardAfter(channel, extra, count) {
  const client = await PusherSocket.open(on.port);
  const resume = resumeOf(await client.subscribe(channel, extra));
  await client.settle();
  if (count) await until(`${count} events`, () => client.events.length >= count);
  const heard = client.events.map((event) => event.data);
  client.close();
  return { resume, heard };
}

describe('positions', () => {
  test('every event has an id, the next one counts one more, and the publisher is told it', async () => {
    const channel = fresh('log-');
    const client = await PusherSocket.open(on.port);
    assert.deepEqual(resumeOf(await client.subscribe(channel)), { after_id: '0:0', ok: true });
    const { ids, epoch } = await written(channel, 25);
    assert.match(epoch, /^[0-9a-f]{12}$/);
    assert.deepEqual(
      ids,
      numbers(1, 25).map((n) => `${epoch}:${n}`),
    );
    await client.settle();
    assert.deepEqual(
      client.events,
      ids.map((id, n) => ({ event: 'e', channel, data: String(n + 1), id })),
    );
    assert.deepEqual(Object.keys(await log(on.api, channel)).sort(), ['bytes', 'epoch', 'first', 'head']);
    client.close();
  });

  test('publishing to several channels answers an id for those with a log', async () => {
    const [one, two, plain] = [fresh('log-'), fresh('log-'), fresh('c-')];
    const json = { name: 'e', data: 'x', channels: [one, plain, two] };
    const { body } = await on.api.call('POST', '/events', { json });
    assert.deepEqual(Object.keys(body.event_ids).sort(), [one, two].sort());
  });

  test('on a channel without a log nothing is said about resuming, asked or not', async () => {
    const channel = fresh('c-');
    const client = await PusherSocket.open(on.port);
    assert.equal((await client.subscribe(channel, { resume_after_id: '0:0' })).data, '{}');
    await on.api.publish(channel, 'e', 'x');
    assert.ok(!('id' in (await client.nextEvent('e'))));
    client.close();
  });
});

describe('resuming', () => {
  test('without a position: from the head, live', async () => {
    const channel = fresh('log-');
    const { ids } = await written(channel, 5);
    const { resume, heard } = await heardAfter(channel, {});
    assert.deepEqual([resume, heard], [{ after_id: ids[4], ok: true }, []]);
  });

  test('from each position: exactly what came after it', async () => {
    const channel = fresh('log-');
    const { ids, epoch } = await written(channel, 12);
    for (const after of [0, 1, 6, 11, 12]) {
      const id = after ? ids[after - 1] : '0:0';
      const { resume, heard } = await heardAfter(channel, { resume_after_id: id }, 12 - after);
      assert.equal(resume.ok, true, id);
      assert.ok(resume.after_id === id || resume.after_id === `${epoch}:0`, `${resume.after_id} for ${id}`);
      assert.deepEqual(heard, numbers(after + 1, 12));
    }
  });

  test('0:0 of a log that was never written is ok', async () => {
    const { resume } = await heardAfter(fresh('log-'), { resume_after_id: '0:0' });
    assert.deepEqual(resume, { after_id: '0:0', ok: true });
  });

  test('a position of another epoch: not ok, and on_gap decides', async () => {
    const channel = fresh('log-');
    const { ids } = await written(channel, 5);
    const id = '0123456789ab:3';
    const replayed = await heardAfter(channel, { resume_after_id: id }, 5);
    assert.equal(replayed.resume.ok, false);
    assert.deepEqual(replayed.heard, numbers(1, 5), 'replay is the default');
    const live = await heardAfter(channel, { resume_after_id: id, on_gap: 'live' });
    assert.deepEqual([live.resume, live.heard], [{ after_id: ids[4], ok: false }, []]);
  });

  test('a position beyond the head: all are sent away once, with a new epoch for every log; then it is not ok', async () => {
    const channel = fresh('log-');
    const { epoch } = await written(channel, 5);
    const [ahead, other] = [await PusherSocket.open(on.port), await PusherSocket.open(on.port)];
    ahead.send({ event: 'pusher:subscribe', data: { channel, resume_after_id: `${epoch}:6` } });
    assert.deepEqual([(await ahead.closed).code, (await other.closed).code], [4200, 4200]);
    const now = (await log(on.api, channel)).epoch;
    assert.notEqual(now, epoch);
    for (const id of [`${epoch}:6`, `${now}:6`, `${now}:99999999999`]) {
      const { resume, heard } = await heardAfter(channel, { resume_after_id: id }, 5);
      assert.deepEqual(resume, { after_id: `${now}:0`, ok: false });
      assert.deepEqual(heard, numbers(1, 5));
    }
    const live = await heardAfter(channel, { resume_after_id: `${epoch}:6`, on_gap: 'live' });
    assert.deepEqual(live.resume, { after_id: `${now}:5`, ok: false });
  });

  test('a position older than what is kept: not ok, from the oldest kept or from the head', async () => {
    const channel = fresh('short-');
    const { ids, epoch } = await written(channel, 249);
    // A log is trimmed by what is appended, about once a second.
    await sleep(1_200);
    ids.push(await on.api.publish(channel, 'e', '250'));
    const { first, head } = await log(on.api, channel);
    assert.equal(head, 250);
    assert.equal(first, 151, 'a hundred are kept');
    for (const id of [ids[9], '0:0', `${epoch}:${first - 2}`]) {
      const { resume, heard } = await heardAfter(channel, { resume_after_id: id, on_gap: 'replay' }, head - first + 1);
      assert.deepEqual(resume, { after_id: `${epoch}:${first - 1}`, ok: false }, id);
      assert.deepEqual(heard, numbers(first, 250));
    }
    const live = await heardAfter(channel, { resume_after_id: ids[9], on_gap: 'live' });
    assert.deepEqual([live.resume, live.heard], [{ after_id: ids[249], ok: false }, []]);
    const edge = await heardAfter(channel, { resume_after_id: `${epoch}:${first - 1}` }, head - first + 1);
    assert.equal(edge.resume.ok, true, 'everything after it is still kept');
  });

  test('a malformed position or on_gap: a subscription_error with status 400', async () => {
    const channel = fresh('log-');
    const { epoch } = await written(channel, 1);
    const client = await PusherSocket.open(on.port);
    const bad = [
      '',
      'x',
      '0',
      ':',
      '0:1',
      `${epoch}:`,
      `${epoch}:01`,
      `${epoch}:-1`,
      `${epoch.toUpperCase()}g:1`,
      7,
      null,
    ];
    for (const id of [...bad, `${epoch}:18446744073709551616`]) {
      const { event, data } = await client.subscribe(channel, { resume_after_id: id });
      assert.equal(event, 'pusher:subscription_error', JSON.stringify(id));
      assert.equal(data.status, 400, JSON.stringify(id));
    }
    for (const gap of ['', 'maybe', 1]) {
      const { event, data } = await client.subscribe(channel, { resume_after_id: '0:0', on_gap: gap });
      assert.deepEqual([event, data.status], ['pusher:subscription_error', 400], JSON.stringify(gap));
    }
    client.close();
  });

  test('a private log needs its signature before anything is told', async () => {
    const channel = fresh('private-log-');
    await on.api.publish(channel, 'e', 'secret');
    const client = await PusherSocket.open(on.port);
    const refused = await client.subscribe(channel, { auth: 'test-key:00', resume_after_id: '0:0' });
    assert.equal(refused.event, 'pusher:subscription_error');
    await client.settle();
    assert.deepEqual(client.events, []);
    await client.subscribe(channel, { resume_after_id: '0:0' });
    assert.equal((await client.nextEvent('e')).data, 'secret');
    client.close();
  });
});

describe('catching up', () => {
  test('while others publish at full speed nothing is lost, doubled or out of order', async () => {
    const channel = fresh('log-');
    await on.api.publishAll(channel, 'e', numbers(1, 500));
    let next = 501;
    const publishing = (async () => {
      while (next <= 2500) {
        const from = next;
        next += 10;
        await on.api.publishAll(channel, 'e', numbers(from, from + 9));
      }
    })();
    const clients = [];
    while (next <= 2400) {
      const client = await PusherSocket.open(on.port);
      await client.subscribe(channel, { resume_after_id: '0:0' });
      clients.push(client);
      await sleep(20);
    }
    await publishing;
    for (const client of clients) {
      await until('everything was heard', () => client.events.length >= 2500, { timeout: 20_000 });
      assert.deepEqual(
        client.events.map((event) => event.data),
        numbers(1, 2500),
      );
      client.close();
    }
    assert.ok(clients.length >= 3, `${clients.length} clients joined meanwhile`);
  });

  test('20,000 events go to a reader who stops and starts, in bounded memory, with live events after them', async () => {
    const channel = fresh('log-');
    const filler = 'x'.repeat(1000);
    const item = (n) => `${n} ${filler}`;
    await on.api.publishAll(channel, 'e', numbers(1, 20_000).map(item));
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${on.server.child.pid}/status`, 'utf8'))[1]);
    const client = await PusherSocket.open(on.port);
    const before = rss();
    await client.subscribe(channel, { resume_after_id: '0:0' });
    client.ws._socket.pause();
    await sleep(1_000);
    const publishing = on.api.publishAll(channel, 'e', numbers(20_001, 20_500).map(item));
    await sleep(1_000);
    const grown = rss() - before;
    assert.ok(grown < 8 * 1024, `20 MB wait to be read; the server grew by ${grown} KiB`);
    assert.ok(client.events.length < 15_000, 'the reader is slow');
    const reading = setInterval(() => {
      client.ws._socket.resume();
      setTimeout(() => client.ws._socket.pause(), 30);
    }, 50);
    await publishing;
    await until('everything was heard', () => client.frames.length >= 20_502, { timeout: 60_000 });
    clearInterval(reading);
    assert.deepEqual(
      client.events.map((event) => Number(event.id.split(':')[1])),
      numbers(1, 20_500).map(Number),
    );
    assert.ok(client.events.every((event, n) => event.data === item(n + 1)));
    client.close();
  });

  test('a live subscriber who reads too slowly loses nothing', async () => {
    const channel = fresh('log-');
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    client.ws._socket.pause();
    await on.api.publishAll(channel, 'e', Array(6_000).fill('y'.repeat(5_000)));
    client.ws._socket.resume();
    await until('everything was heard', () => client.events.length >= 6_000, { timeout: 60_000 });
    assert.deepEqual(
      client.events.map((event) => Number(event.id.split(':')[1])),
      numbers(1, 6_000).map(Number),
    );
    client.close();
  });

  test('a subscriber who reads too slowly on a channel without a log is closed with 4200', async () => {
    const channel = fresh('c-');
    const client = await PusherSocket.open(on.port);
    await client.subscribe(channel);
    client.ws._socket.pause();
    const subscribers = async () =>
      (await on.api.call('GET', `/channels/${channel}`, { query: { info: 'subscription_count' } })).body
        .subscription_count;
    let published = 0;
    while ((await subscribers()) && published < 20_000) {
      await on.api.publishAll(channel, 'e', Array(50).fill('y'.repeat(5_000)));
      published += 50;
    }
    assert.ok(published < 20_000, '100 MB wait for one reader');
    client.ws._socket.resume();
    assert.equal((await client.closed).code, 4200);
    const other = await PusherSocket.open(on.port);
    await other.subscribe(channel);
    await on.api.publish(channel, 'e', 'x');
    await other.nextEvent('e');
    other.close();
  });
});

describe('a server that is killed', () => {
  test('keeps the epoch, every acknowledged event and every idempotency key', async () => {
    const server = await Server.start({ config: CONFIG });
    const publish = (n, key) =>
      server.api.call('POST', '/events', {
        json: { name: 'e', data: String(n), channels: ['log-k'] },
        headers: { 'idempotency-key': key },
      });
    const ids = [];
    for (let round = 0; round < 3; round++) {
      for (let n = 1; n <= 20; n++) ids.push((await publish(round * 20 + n, `${round}-${n}`)).body.event_ids['log-k']);
      await server.kill();
      await server.run();
    }
    assert.deepEqual(
      ids,
      numbers(1, 60).map((n) => `${epochOf(ids[0])}:${n}`),
    );
    const again = await publish(60, '2-20');
    assert.equal(again.headers.get('idempotency-status'), 'replayed');
    assert.equal(again.body.event_ids['log-k'], ids[59]);
    const client = await PusherSocket.open(server.port);
    const resume = resumeOf(await client.subscribe('log-k', { resume_after_id: ids[0] }));
    assert.deepEqual(resume, { after_id: ids[0], ok: true });
    await until('59 events', () => client.events.length >= 59);
    assert.deepEqual(
      client.events.map((event) => event.data),
      numbers(2, 60),
    );
    client.close();
    await server.kill();
  });
});
