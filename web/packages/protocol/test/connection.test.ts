import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeLine } from '../../worker/test/fakes.ts';

function setUp(): { line: FakeLine; told: string[] } {
  const line = new FakeLine();
  const told: string[] = [];
  line.attach({
    up: (id) => told.push(`up ${id}`),
    down: () => told.push('down'),
    frame: (frame) => told.push(frame.type),
    control: ({ kill, revision }) => told.push(`control ${kill} ${revision}`),
    refused: (code) => told.push(`refused ${code}`),
  });
  return { line, told };
}

const closed = (line: FakeLine, code: number): void => line.connection?.closed(code, '');
const wake = (line: FakeLine, probe?: boolean): void => line.connection?.wake(probe);

test('it is up with the handshake and not before', () => {
  const { line, told } = setUp();
  wake(line);
  assert.equal(line.opens, 1);
  assert.equal(line.connection?.up, false);
  line.establish('7.8');
  assert.equal(line.connection?.up, true);
  assert.deepEqual(told, ['up 7.8']);
});

test('a second wake does not open a second socket', () => {
  const { line } = setUp();
  wake(line);
  wake(line);
  line.establish();
  wake(line, true);
  assert.equal(line.opens, 1);
});

test('delays double from 0.3 s to 5 s and never end', () => {
  const { line } = setUp();
  wake(line);
  const delays: number[] = [];
  for (let i = 0; i < 10; i++) {
    closed(line, 1006);
    delays.push(line.due - line.clock);
    line.pass(line.due - line.clock);
  }
  assert.deepEqual(delays, [300, 600, 1200, 2400, 4800, 5000, 5000, 5000, 5000, 5000]);
  assert.equal(line.opens, 11);
});

test('the delay is drawn between nothing and the ceiling', () => {
  const { line } = setUp();
  line.chance = 0.25;
  wake(line);
  closed(line, 1006);
  assert.equal(line.due - line.clock, 75);
});

test('a connection that stood for a while starts with a short delay again', () => {
  const { line } = setUp();
  wake(line);
  for (let i = 0; i < 6; i++) {
    closed(line, 1006);
    line.pass(line.due - line.clock);
  }
  line.establish();
  line.pass(6_000);
  closed(line, 1006);
  assert.equal(line.due - line.clock, 300);
});

test('a server that shakes hands and hangs up is not hammered', () => {
  const { line } = setUp();
  wake(line);
  const delays: number[] = [];
  for (let i = 0; i < 4; i++) {
    line.establish();
    closed(line, 4200);
    delays.push(line.due - line.clock);
    line.pass(line.due - line.clock);
  }
  assert.deepEqual(delays, [600, 1200, 2400, 4800]);
});

test('4200 to 4299 on a connection that stood: at once', () => {
  const { line } = setUp();
  wake(line);
  line.establish();
  line.pass(10_000);
  closed(line, 4200);
  assert.equal(line.due, line.clock);
});

test('4100 and protocol errors: a second at least', () => {
  for (const code of [4100, 1002, 1003, 1007, 1009]) {
    const { line } = setUp();
    line.chance = 0;
    wake(line);
    closed(line, code);
    assert.equal(line.due - line.clock, 1000, String(code));
  }
});

test('4000 to 4099: gives up, says so, no wake brings it back, and it tries again after five minutes', () => {
  const { line, told } = setUp();
  wake(line);
  closed(line, 4001);
  wake(line, true);
  line.pass(299_999);
  assert.equal(line.opens, 1);
  assert.deepEqual(told, ['down', 'refused 4001']);
  line.pass(1);
  assert.equal(line.opens, 2);
  line.establish();
  assert.deepEqual(told, ['down', 'refused 4001', 'up 1.1']);
});

test('a page that wakes does not wait for the delay', () => {
  const { line } = setUp();
  wake(line);
  for (let i = 0; i < 8; i++) {
    closed(line, 1006);
    wake(line);
  }
  assert.equal(line.opens, 9);
});

test('it says once that it is down, also if it never was up', () => {
  const { line, told } = setUp();
  wake(line);
  for (let i = 0; i < 3; i++) {
    closed(line, 1006);
    line.pass(line.due - line.clock);
  }
  line.establish();
  closed(line, 1006);
  assert.deepEqual(told, ['down', 'up 1.1', 'down']);
});

test('a handshake that never comes is given up after 15 s', () => {
  const { line } = setUp();
  wake(line);
  line.pass(14_999);
  assert.equal(line.drops, 0);
  line.pass(1 + 300);
  assert.equal(line.drops, 1);
  assert.equal(line.opens, 2);
});

test('silence is answered by a ping, and silence after it by a new connection', () => {
  const { line, told } = setUp();
  wake(line);
  line.establish('1.1', 30);
  line.pass(29_000);
  line.frame({ event: 'x', channel: 'c', data: '1' });
  line.pass(29_999);
  assert.deepEqual(line.take(), []);
  line.pass(1);
  assert.deepEqual(line.take(), [['pusher:ping', {}]]);
  line.frame({ event: 'pusher:pong', data: '{}' });
  line.pass(30_000);
  assert.deepEqual(line.take(), [['pusher:ping', {}]]);
  line.pass(10_000);
  assert.equal(line.drops, 1);
  assert.deepEqual(told, ['up 1.1', 'event', 'down']);
  assert.equal(line.opens, 2);
});

test('the server decides for at most 120 s of silence', () => {
  const { line } = setUp();
  wake(line);
  line.establish('1.1', 100_000);
  line.pass(120_000);
  assert.deepEqual(line.take(), [['pusher:ping', {}]]);
});

test('after a sleep a silent connection has to prove itself within 5 s', () => {
  const { line } = setUp();
  wake(line);
  line.establish();
  wake(line, true);
  assert.deepEqual(line.take(), [], 'it spoke a moment ago');
  line.clock += 60_000;
  wake(line, true);
  wake(line, true);
  assert.deepEqual(line.take(), [['pusher:ping', {}]]);
  line.pass(5_000);
  assert.equal(line.opens, 2);
});

test('a ping is answered by a pong', () => {
  const { line, told } = setUp();
  wake(line);
  line.establish();
  line.frame({ event: 'pusher:ping', data: '{}' });
  line.connection?.text('{"event":"pusher:ping"}');
  assert.deepEqual(line.sent, ['{"event":"pusher:pong","data":{}}', '{"event":"pusher:pong","data":{}}']);
  assert.deepEqual(told, ['up 1.1']);
});

test('the control record is told apart from the frames', () => {
  const { line, told } = setUp();
  wake(line);
  line.establish();
  line.frame({ event: 'offing:control', data: '{"kill":true,"revision":2}' });
  assert.deepEqual(told, ['up 1.1', 'control true 2']);
});

test('stop closes, says so, and wake begins anew', () => {
  const { line, told } = setUp();
  wake(line);
  line.establish();
  line.connection?.stop();
  line.pass(1_000_000);
  assert.equal(line.opens, 1);
  wake(line);
  assert.equal(line.opens, 2);
  assert.deepEqual(told, ['up 1.1', 'down']);
});
