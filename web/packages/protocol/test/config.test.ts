import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Config, formatPosition, matchResource, parsePosition, type Resource } from '../src/index.ts';
import { specFile, vectors } from './vectors.ts';

const resource = (path: string, channel: string, rest: Partial<Resource> = {}): Resource => ({
  path,
  channel,
  apply: { '*': 'append' },
  initial: [],
  definition: '00000000',
  ...rest,
});

const config = (...resources: Resource[]): Config => ({
  version: '0.1.0',
  app: 'KEY',
  manifest: '',
  precache: [],
  resources,
  maxBytes: 1000,
});

const channelOf = (path: string, channel: string, url: string): string | undefined =>
  matchResource(config(resource(path, channel)), url)?.channel;

test('the CONFIG of spec/worker.md has the members of our type and no others', () => {
  const block = /```json\n(\{[^`]*"precache"[^`]*)```/.exec(readFileSync(specFile('worker.md'), 'utf8'));
  assert.ok(block);
  const written = JSON.parse(block[1] as string) as Config;
  const ours: Required<Config> = {
    ...config(resource('', '', { limit: 1 })),
    update: 'ask',
    preload: true,
    logout: [],
    routes: [],
    fallback: {},
    spa: '/',
    parts: [],
    outbox: [],
    outboxKeys: 1,
    token: '',
  };
  assert.deepEqual(Object.keys(written).sort(), Object.keys(ours).sort());
  assert.deepEqual(
    Object.keys(written.resources[0] as Resource).sort(),
    Object.keys(ours.resources[0] as Resource).sort(),
  );
  assert.equal(matchResource(written, '/feed.json')?.channel, 'feed');
});

test('a path without parameters matches itself only', () => {
  assert.equal(channelOf('/feed.json', 'feed', '/feed.json'), 'feed');
  for (const other of ['/feedxjson', '/feed.json/', '/a/feed.json', '/FEED.json', '/'])
    assert.equal(channelOf('/feed.json', 'feed', other), undefined);
});

test('a parameter is one segment made of the characters of a channel name', () => {
  const of = (url: string): string | undefined => channelOf('/rooms/:id/feed.json', 'room-:id', url);
  assert.equal(of('/rooms/a_B-1=@,.;/feed.json'), 'room-a_B-1=@,.;');
  for (const bad of [
    '/rooms//feed.json',
    '/rooms/a/b/feed.json',
    '/rooms/a%20b/feed.json',
    '/rooms/ä/feed.json',
    '/rooms/a:b/feed.json',
  ]) {
    assert.equal(of(bad), undefined, bad);
  }
});

test('parameters that begin alike are told apart', () => {
  assert.equal(channelOf('/:a/:ab', ':ab-:a', '/1/2'), '2-1');
});

test('a path whose channel is read back as another path is no resource', () => {
  assert.equal(channelOf('/:a/:b', 'x-:a-:b', '/p/q-r'), 'x-p-q-r');
  assert.equal(channelOf('/:a/:b', 'x-:a-:b', '/p-q/r'), undefined);
  assert.equal(channelOf('/:a/:b', 'x-:a-:b', '/-/r'), 'x---r');
  assert.equal(channelOf('/:a', 'x-:a-y', '/p-y'), 'x-p-y-y');
});

test('a channel name of more than 200 characters is none', () => {
  assert.equal(channelOf('/:a', 'x:a', `/${'y'.repeat(199)}`)?.length, 200);
  assert.equal(channelOf('/:a', 'x:a', `/${'y'.repeat(200)}`), undefined);
});

test('the first resource that matches is taken, with its limits', () => {
  const both = config(resource('/a/b', 'first', { limit: 3, definition: 'aaaaaaaa' }), resource('/a/:x', 'second-:x'));
  const live = matchResource(both, '/a/b');
  assert.equal(live?.channel, 'first');
  assert.equal(live.definition, 'aaaaaaaa');
  assert.deepEqual([live.rule.limit, live.rule.maxBytes], [3, 1000]);
  assert.equal(matchResource(both, '/a/c')?.channel, 'second-c');
});

test('a position is read as it is written, and nothing else is one', () => {
  for (const text of ['0:0', '0123456789ab:0', '0123456789ab:1', 'fedcba987654:9007199254740991']) {
    const position = parsePosition(text);
    assert.ok(position, text);
    assert.equal(formatPosition(position), text);
  }
  for (const text of [
    '',
    ':',
    '0:1',
    '0:',
    'x',
    '0123456789ab',
    '0123456789ab:',
    '0123456789ab:01',
    '0123456789AB:1',
    '0123456789a:1',
    '000000000000:1',
    '0123456789ab:-1',
    '0123456789ab:+1',
    '0123456789ab:1.0',
    '0123456789ab:1 ',
    ' 0:0',
    '0123456789ab:9007199254740992',
    '0123456789ab:1\n',
    '00:0',
    '0:00',
  ]) {
    assert.equal(parsePosition(text), undefined, JSON.stringify(text));
  }
  assert.equal(parsePosition(null), undefined);
});

interface PositionCase {
  name: string;
  text: string;
  valid: boolean;
  seq?: string;
}

for (const vector of vectors<PositionCase>('position.json')) {
  test(`position: ${vector.name}`, () => {
    const position = parsePosition(vector.text);
    // A number that a double does not hold is no position to us: no log gets there.
    const ours = vector.valid && Number.isSafeInteger(Number(vector.seq));
    assert.equal(position !== undefined, ours);
    if (position) assert.equal(formatPosition(position), vector.text);
  });
}
