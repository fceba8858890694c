import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Entry, EntryEvent, EntryPost } from '@offing/protocol';
import { World } from './outbox-world.ts';

interface Engine {
  options: {
    user(): Promise<string>;
    token(): Promise<string>;
    emit(event: EntryEvent, entry: Entry): void;
  };
  log: unknown[][];
}

// What the server has at /_offing/outbox.js.
const folder = mkdtempSync(join(tmpdir(), 'offing-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, '_offing'));
writeFileSync(
  join(folder, '_offing/outbox.js'),
  `export const openOutbox = (options) => {
     const log = [];
     globalThis.engine = { options, log };
     const answers = { entries: [{ id: '1' }, { id: '2' }], untold: [] };
     return new Proxy({}, { get: (_, call) => call === 'then' ? undefined : async (...args) => (log.push([call, ...args]), answers[call] ?? { id: '1', ...args[0] }) });
   };`,
);
new World().install({ origin: pathToFileURL(folder).href, href: 'https://app.test/' }, undefined);
const { logout, outbox } = await import('../src/outbox.ts');
const { auth, setUser } = await import('../src/user.ts');
const engine = (): Engine => (globalThis as unknown as { engine: Engine }).engine;

test('where there is no worker, the engine runs in the page', async () => {
  const entry = await outbox.post('/notes', { text: 'x' });
  const [call, post] = engine().log[0] as [string, EntryPost];
  assert.deepEqual([call, post.url, entry.url], ['post', 'https://app.test/notes', 'https://app.test/notes']);
  assert.equal(await (post.body as Blob).text(), '{"text":"x"}');
  const heard: string[] = [];
  outbox.on('sent', ({ id }) => heard.push(id));
  engine().options.emit('sent', { id: '1' } as Entry);
  assert.deepEqual(heard, ['1']);
});

test('it knows the user and the token', async () => {
  const { user, token } = engine().options;
  assert.equal(await user(), '');
  await setUser('ann');
  assert.match(await user(), /^[0-9a-f]{16}$/);
  auth(() => 'T');
  assert.equal(await token(), 'T');
});

test('who logs out has what waits sent, or dropped', async () => {
  engine().log.length = 0;
  await logout({ pending: 'flush' });
  await logout({ pending: 'discard' });
  assert.deepEqual(engine().log, [['flush'], ['entries'], ['discard', '1'], ['discard', '2']]);
  assert.equal(await engine().options.user(), '');
});
