import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame } from '../src/index.ts';

test('frames are read as they are written on the wire', () => {
  const read = (frame: unknown): unknown => decodeFrame(JSON.stringify(frame));
  assert.deepEqual(read({ event: 'e', channel: 'c', data: '{"a":1}', id: '0123456789ab:1' }), {
    type: 'event',
    channel: 'c',
    event: 'e',
    data: '{"a":1}',
    id: '0123456789ab:1',
  });
  assert.deepEqual(read({ event: 'e', channel: 'c', data: { a: 1 } }), {
    type: 'event',
    channel: 'c',
    event: 'e',
    data: '{"a":1}',
  });
  assert.deepEqual(read({ event: 'pusher:error', data: { code: 4001, message: 'no' } }), {
    type: 'error',
    code: 4001,
    message: 'no',
  });
  assert.deepEqual(read({ event: 'pusher:error', data: '{"code":null,"message":"no"}' }), {
    type: 'error',
    code: null,
    message: 'no',
  });
  assert.deepEqual(read({ event: 'pusher_internal:subscription_succeeded', channel: 'c', data: '{}' }), {
    type: 'subscribed',
    channel: 'c',
  });
  assert.deepEqual(
    read({
      event: 'pusher_internal:subscription_succeeded',
      channel: 'c',
      data: '{"resume":{"after_id":"0:0","ok":false}}',
    }),
    {
      type: 'subscribed',
      channel: 'c',
      resume: { after: { epoch: '0', seq: 0 }, ok: false },
    },
  );
  assert.deepEqual(
    read({ event: 'pusher:subscription_error', channel: 'c', data: { type: 'AuthError', error: 'no', status: 401 } }),
    { type: 'refused', channel: 'c', message: 'no', status: 401 },
  );
});

test('the control record belongs to no channel', () => {
  const data = '{"kill":true,"require":"latest","revision":7,"manifest":"abc"}';
  assert.deepEqual(decodeFrame(JSON.stringify({ event: 'offing:control', data })), {
    type: 'control',
    control: { kill: true, require: 'latest', revision: 7, manifest: 'abc' },
  });
  assert.deepEqual(decodeFrame('{"event":"offing:control"}'), {
    type: 'control',
    control: { kill: false, require: '', revision: 0, manifest: '' },
  });
  assert.deepEqual(decodeFrame(JSON.stringify({ event: 'offing:control', channel: 'c', data })), {
    type: 'event',
    channel: 'c',
    event: 'offing:control',
    data,
  });
});

test('frames that mean nothing are passed over', () => {
  for (const text of [
    '',
    'x',
    '1',
    'null',
    '[]',
    '{}',
    '{"event":1}',
    '{"event":"e"}',
    '{"event":"pusher:new","channel":"c"}',
    '{"event":"pusher_internal:new","channel":"c"}',
  ]) {
    assert.equal(decodeFrame(text), undefined, text);
  }
});
