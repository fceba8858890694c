import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Config } from '@offing/protocol';
import { fetchOwn, forgetToken, token } from '../src/token.ts';

const config = { token: '/token' } as Config;
let pages: string[] = []; // what each page answers
let asked = 0;
let fetched: Response | undefined;

beforeEach(() => {
  pages = [];
  asked = 0;
  fetched = undefined;
  forgetToken();
  const window = (answer: string) => ({
    postMessage: (_: unknown, [port]: MessagePort[]) => {
      asked++;
      port?.postMessage(answer);
      port?.close();
    },
  });
  Object.assign(globalThis, {
    self: { clients: { matchAll: async () => pages.map(window) } },
    fetch: async () => fetched ?? Promise.reject(new TypeError('Failed to fetch')),
  });
});

test('a page that has a token is believed, and asked once', async () => {
  pages = ['', 'T1'];
  assert.deepEqual(await Promise.all([token(config), token(config)]), ['T1', 'T1']);
  assert.equal(await token(config), 'T1');
  assert.equal(asked, 2);
});

test('without a page CONFIG.token is fetched', async () => {
  fetched = Response.json({ token: 'T2' });
  assert.equal(await token(config), 'T2');
});

test('no page and no answer is no token', async () => {
  assert.equal(await token(config), '');
  fetched = new Response('', { status: 401 });
  assert.equal(await token(config, ''), '');
});

test('a token that was refused is asked for anew, once for all who were refused', async () => {
  pages = ['T1'];
  await token(config);
  pages = ['T2'];
  assert.deepEqual(await Promise.all([token(config, 'T1'), token(config, 'T1')]), ['T2', 'T2']);
  assert.equal(await token(config, 'T1'), 'T2', 'an answer that comes late says nothing about the new one');
  assert.equal(asked, 2);
});

test('another user has another token, also if one was under way', async () => {
  pages = ['T1'];
  const before = token(config);
  forgetToken();
  pages = ['T2'];
  assert.equal(await token(config), 'T2');
  await before;
  assert.equal(await token(config), 'T2');
});

test('a request of the user shows the token, and another one if the first is not believed', async () => {
  pages = ['T1'];
  const shown: unknown[] = [];
  globalThis.fetch = (async (_: unknown, { headers }: RequestInit) => {
    shown.push((headers as Record<string, string> | undefined)?.['Authorization']);
    pages = ['T2'];
    return new Response('', { status: shown.length === 1 ? 401 : 200 });
  }) as typeof fetch;
  assert.equal((await fetchOwn(config, '/x', {})).status, 200);
  assert.deepEqual(shown, ['Bearer T1', 'Bearer T2']);
});

test('without a token a request of the user goes out as it is, once', async () => {
  let sent = 0;
  globalThis.fetch = (async (path: unknown, init: RequestInit) => {
    if (path === '/token') return new Response('', { status: 404 });
    sent++;
    assert.equal(init.headers, undefined);
    return new Response('', { status: 401 });
  }) as typeof fetch;
  assert.equal((await fetchOwn(config, '/x', {})).status, 401);
  assert.equal(sent, 1);
});
