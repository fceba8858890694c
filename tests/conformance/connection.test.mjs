// The connection: greeting, refusals with their close codes, WebSocket rules, messages that cannot be understood.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { Server } from '../lib/server.mjs';
import { serverForFile } from './fixture.mjs';
import { frame, OP, writeBytes } from './ws-bytes.mjs';

const on = serverForFile();

describe('the greeting', () => {
  for (const protocol of [5, 6, 7]) {
    test(`protocol ${protocol} is greeted with a socket id and an activity timeout`, async () => {
      const client = await PusherSocket.open(on.port, { query: `protocol=${protocol}` });
      assert.match(client.socketId, /^\d+\.\d+$/);
      assert.ok(Number.isInteger(client.greeting.activity_timeout) && client.greeting.activity_timeout > 0);
      assert.equal(typeof client.frames[0].data, 'string');
      assert.equal(client.frames.length, 1);
      client.close();
    });
  }

  test('any prefix may stand before /app/KEY, and query parameters come in any order', async () => {
    const client = await PusherSocket.open(on.port, {
      path: '/some/where/app/test-key',
      query: 'flash=false&version=8&client=js&protocol=7&x=y',
    });
    client.close();
  });

  test('socket ids differ', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => PusherSocket.open(on.port)));
    assert.equal(new Set(clients.map((client) => client.socketId)).size, 20);
    clients.forEach((client) => client.close());
  });
});

describe('a client that is refused hears pusher:error and then the same close code', () => {
  const refusals = [
    ['an unknown key', 4001, { path: '/app/nobody' }],
    ['a path without a key', 4005, { path: '/app/' }],
    ['a path that goes on after the key', 4005, { path: '/app/test-key/more' }],
    ['another path', 4005, { path: '/elsewhere' }],
    ['protocol 4', 4007, { query: 'protocol=4' }],
    ['protocol 8', 4007, { query: 'protocol=8' }],
    ['a protocol that is no number', 4007, { query: 'protocol=seven' }],
    ['no protocol', 4008, { query: 'client=js' }],
    ['no query', 4008, { query: '' }],
  ];
  for (const [what, code, options] of refusals) {
    test(`${what}: ${code}`, async () => {
      const client = PusherSocket.dial(on.port, options);
      const closed = await Promise.race([client.closed, client.failed]);
      assert.equal(closed.code, code);
      assert.equal(client.frames.length, 1);
      const [{ event, data }] = client.frames;
      assert.equal(event, 'pusher:error');
      assert.equal(data.code, code);
      assert.equal(typeof data.message, 'string');
    });
  }
});

describe('the rules of WebSocket', () => {
  const violations = [
    ['an unmasked frame', 1002, frame(OP.text, '{}', { masked: false })],
    ['a reserved bit', 1002, frame(OP.text, '{}', { reserved: 4 })],
    ['a reserved opcode', 1002, frame(3, 'x')],
    ['a continuation of nothing', 1002, frame(OP.continuation, 'x')],
    ['a ping in two parts', 1002, frame(OP.ping, 'x', { fin: false })],
    ['a ping of 126 bytes', 1002, frame(OP.ping, 'x'.repeat(126))],
    ['a close frame of one byte', 1002, frame(OP.close, 'x')],
    ['a close code that may not be sent', 1002, frame(OP.close, Buffer.from([0x03, 0xed]))],
    ['a message within a message', 1002, Buffer.concat([frame(OP.text, '{', { fin: false }), frame(OP.text, '}')])],
    ['a binary frame', 1003, frame(OP.binary, 'x')],
    ['text that is not UTF-8', 1007, frame(OP.text, Buffer.from([0xc3, 0x28]))],
    ['a surrogate written as UTF-8', 1007, frame(OP.text, Buffer.from([0xed, 0xa0, 0x80]))],
    ['a frame over the limit', 1009, frame(OP.text, 'x'.repeat(70_000))],
    ['parts that add up over the limit', 1009, joined(5, 20_000)],
  ];
  function joined(parts, size) {
    const all = Array.from({ length: parts }, (_, at) =>
      frame(at ? OP.continuation : OP.text, 'x'.repeat(size), { fin: at === parts - 1 }),
    );
    return Buffer.concat(all);
  }
  for (const [what, code, bytes] of violations) {
    test(`${what}: ${code}`, async () => {
      const client = await PusherSocket.open(on.port);
      writeBytes(client, bytes);
      assert.equal((await client.closed).code, code);
    });
  }

  test('a message in parts with a ping between them is understood, and the ping is answered', async () => {
    const client = await PusherSocket.open(on.port);
    const pong = new Promise((resolve) => client.ws.once('pong', (data) => resolve(data.toString())));
    const text = '{"event":"pusher:ping","data":{}}';
    writeBytes(
      client,
      frame(OP.text, text.slice(0, 9), { fin: false }),
      frame(OP.ping, 'between'),
      frame(OP.continuation, text.slice(9)),
    );
    assert.equal(await pong, 'between');
    await client.nextEvent('pusher:pong');
    client.close();
  });

  test('a frame that arrives byte by byte is understood', async () => {
    const client = await PusherSocket.open(on.port);
    for (const byte of frame(OP.text, '{"event":"pusher:ping","data":{}}')) {
      writeBytes(client, Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await client.nextEvent('pusher:pong');
    client.close();
  });

  test('a close frame is answered by a close frame', async () => {
    const client = await PusherSocket.open(on.port);
    client.ws.close(1000, 'done');
    assert.equal((await client.closed).code, 1000);
  });
});

describe('messages', () => {
  test('a ping is answered by a pong whose data is a string', async () => {
    const client = await PusherSocket.open(on.port);
    for (const data of [{}, '{}', undefined]) {
      client.send({ event: 'pusher:ping', data });
      assert.deepEqual(await client.next(), { event: 'pusher:pong', data: '{}' });
    }
    client.close();
  });

  const misunderstood = {
    'text that is not JSON': 'hello',
    'half a JSON object': '{"event":"pusher:ping"',
    'JSON that is not an object': '[1,2]',
    'an object without an event': '{"data":{}}',
    'an event that is not a string': '{"event":7}',
    'an unknown event': '{"event":"pusher:dance","data":{}}',
    'a subscription without a channel': '{"event":"pusher:subscribe","data":{}}',
    'nesting without end': `${'['.repeat(30_000)}`,
  };
  for (const [what, text] of Object.entries(misunderstood)) {
    test(`${what}: pusher:error with code null, and the connection stays`, async () => {
      const client = await PusherSocket.open(on.port);
      client.send(text);
      const { event, data } = await client.next();
      assert.equal(event, 'pusher:error');
      assert.equal(data.code, null);
      assert.equal(typeof data.message, 'string');
      await client.settle();
      client.close();
    });
  }
});

describe('a server that is told to end', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.kill());

  test('closes its clients with 4200 and ends with 0', async () => {
    const clients = await Promise.all([PusherSocket.open(server.port), PusherSocket.open(server.port)]);
    const ended = server.terminate();
    for (const client of clients) assert.equal((await client.closed).code, 4200);
    assert.deepEqual(await ended, { code: 0, signal: null });
  });
});
