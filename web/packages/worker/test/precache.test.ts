import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '@offing/protocol';
import { Precache } from '../src/precache.ts';
import { FakeCaches } from './fakes.ts';

interface File {
  etag?: string;
  status?: number;
  redirected?: boolean;
  fails?: boolean;
}

class Site {
  readonly caches = new FakeCaches();
  readonly files = new Map<string, File>();
  readonly fetched: string[] = [];
  running = 0;
  most = 0;

  precache(manifest: string, entries: [string, string][]): Precache {
    for (const [url, revision] of entries) if (!this.files.has(url)) this.files.set(url, { etag: `"${revision}"` });
    const config: Config = { version: '', app: '', manifest, precache: entries, resources: [], maxBytes: 0 };
    return new Precache(config, this.caches.storage, async (url, init) => {
      assert.equal(init.cache, 'no-cache');
      this.fetched.push(url);
      this.most = Math.max(this.most, ++this.running);
      await new Promise((resolve) => setImmediate(resolve));
      this.running--;
      const { etag = '', status = 200, redirected = false, fails } = this.files.get(url) ?? { status: 404 };
      if (fails) throw new TypeError('Failed to fetch');
      const response = new Response(`body of ${url}`, { status, headers: { ETag: etag } });
      Object.defineProperty(response, 'redirected', { value: redirected });
      return response;
    });
  }

  get names(): string[] {
    return [...this.caches.stores.keys()];
  }
}

const url = (path: string): URL => new URL(path, 'https://app.test');

test('every file is fetched and stored under the name of its manifest', async () => {
  const site = new Site();
  const precache = site.precache('m1', [
    ['/', 'r1'],
    ['/app.js', 'r2'],
  ]);
  await precache.install();
  assert.deepEqual(site.names, ['offing-precache-m1']);
  assert.equal(await (await precache.match('/app.js'))?.text(), 'body of /app.js');
});

test('at most six files are fetched at a time', async () => {
  const site = new Site();
  await site
    .precache(
      'm1',
      Array.from({ length: 40 }, (_, i) => [`/${i}`, `r${i}`]),
    )
    .install();
  assert.equal(site.fetched.length, 40);
  assert.equal(site.most, 6);
});

test('a tag that a compressing proxy has marked is the same revision', async () => {
  for (const etag of ['W/"r7"', '"r7-gzip"', 'W/"r7-br"']) {
    const site = new Site();
    site.files.set('/7', { etag });
    await site.precache('m1', [['/7', 'r7']]).install();
    assert.deepEqual(site.names, ['offing-precache-m1'], etag);
  }
});

for (const [name, file] of Object.entries<File>({
  'a file that is gone': { status: 404 },
  'a file that changed meanwhile': { etag: '"r9"' },
  'a file without a tag': {},
  'a redirect': { etag: '"r7"', redirected: true },
  'a partial answer': { etag: '"r7"', status: 206 },
  'a network that fails': { fails: true },
})) {
  test(`all or none: ${name} fails the installation and leaves no cache`, async () => {
    const site = new Site();
    const entries: [string, string][] = Array.from({ length: 20 }, (_, i) => [`/${i}`, `r${i}`]);
    site.files.set('/7', file);
    await assert.rejects(site.precache('m1', entries).install());
    assert.deepEqual(site.names, []);
  });
}

test('a file that did not change is copied from the version before, not fetched', async () => {
  const site = new Site();
  await site
    .precache('m1', [
      ['/', 'r1'],
      ['/app.js', 'r2'],
    ])
    .install();
  site.files.set('/app.js', { etag: '"r3"' });
  const next = site.precache('m2', [
    ['/', 'r1'],
    ['/app.js', 'r3'],
  ]);
  site.fetched.length = 0;
  await next.install();
  assert.deepEqual(site.fetched, ['/app.js']);
  assert.ok(await next.match('/'));
});

test('a failed installation leaves the version before untouched', async () => {
  const site = new Site();
  const first = site.precache('m1', [['/', 'r1']]);
  await first.install();
  site.files.set('/new', { status: 500 });
  await assert.rejects(
    site
      .precache('m2', [
        ['/', 'r1'],
        ['/new', 'r2'],
      ])
      .install(),
  );
  assert.deepEqual(site.names, ['offing-precache-m1']);
  assert.ok(await first.match('/'));
});

test('a new worker with the same manifest takes what is there, and its failure deletes nothing', async () => {
  const site = new Site();
  await site.precache('m1', [['/', 'r1']]).install();
  site.fetched.length = 0;
  await site.precache('m1', [['/', 'r1']]).install();
  assert.deepEqual(site.fetched, []);
  site.files.set('/x', { status: 500 });
  await assert.rejects(
    site
      .precache('m1', [
        ['/', 'r1'],
        ['/x', 'r2'],
      ])
      .install(),
  );
  assert.deepEqual(site.names, ['offing-precache-m1']);
});

test('activation deletes the other versions and nothing of anybody else', async () => {
  const site = new Site();
  await site.precache('m1', [['/', 'r1']]).install();
  site.caches.store('offing-live');
  site.caches.store('theirs');
  const next = site.precache('m2', [['/', 'r1']]);
  await next.install();
  await next.activate();
  assert.deepEqual(site.names.sort(), ['offing-live', 'offing-precache-m2', 'theirs']);
});

test('a navigation means the page whatever its query, anything else means its exact URL', () => {
  const precache = new Site().precache('m', [
    ['/', 'r'],
    ['/docs/', 'r'],
    ['/a.html', 'r'],
    ['/app.js', 'r'],
  ]);
  const key = (path: string, navigation: boolean): string | undefined => precache.keyFor(url(path), navigation);
  assert.equal(key('/?utm=1', true), '/');
  assert.equal(key('/index.html', true), '/');
  assert.equal(key('/docs/index.html#x', true), '/docs/');
  assert.equal(key('/docs', true), undefined);
  assert.equal(key('/a.html?x', true), '/a.html');
  assert.equal(key('/b.html', true), undefined);
  assert.equal(key('/app.js', false), '/app.js');
  assert.equal(key('/app.js?v=2', false), undefined);
  assert.equal(key('/docs/index.html', false), '/docs/');
});

test('what has no revision is kept if it is there, fetched again by each installation, and answers no request by itself', async () => {
  const site = new Site();
  const entries: [string, string][] = [
    ['/', 'r1'],
    ['/offline.html', ''],
    ['/offline.svg', ''],
  ];
  site.files.set('/offline.html', { etag: 'W/"theirs"' });
  site.files.set('/offline.svg', { status: 404 });
  const precache = site.precache('m1', entries);
  await precache.install();
  assert.equal(await (await precache.match('/offline.html'))?.text(), 'body of /offline.html');
  assert.equal(await precache.match('/offline.svg'), undefined);
  assert.equal(precache.keyFor(url('/offline.html'), true), undefined);
  site.fetched.length = 0;
  await site.precache('m2', entries).install();
  assert.deepEqual(site.fetched.sort(), ['/offline.html', '/offline.svg']);
});
