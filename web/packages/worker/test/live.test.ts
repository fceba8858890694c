import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rest } from './fakes.ts';
import { A, Life, subscribe, unsubscribe } from './life.ts';

test('a URL is fetched once, stored with its position and subscribed from there', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:3`, value: [1, 2, 3] });
  await life.live.show('/feed.json');
  await life.live.show('/feed.json');
  life.line.establish();
  await rest();
  assert.deepEqual(life.fetches, ['/feed.json']);
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:3`, [1, 2, 3]]);
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:3`)]);
});

test('two tabs that show a URL at the same moment fetch it once', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:3`, value: [] });
  await Promise.all([life.live.show('/feed.json'), life.live.show('/feed.json')]);
  assert.deepEqual(life.fetches, ['/feed.json']);
});

test('events patch the stored copy, in batches with one put each, and no request is made', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: '0:0', value: [] });
  const before = life.cache.puts;
  for (let seq = 1; seq <= 500; seq++) life.line.event('feed', `${A}:${seq}`, seq);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:500`, Array.from({ length: 500 }, (_, i) => i + 1)]);
  assert.ok(life.cache.puts - before <= 2, `${life.cache.puts - before} puts`);
  assert.equal(
    life.updates.reduce((sum, [, , added]) => sum + added, 0),
    500,
  );
  assert.deepEqual(life.fetches, ['/feed.json']);
  assert.deepEqual(life.line.take(), []);
});

test('a worker that was killed resumes from what is stored', async () => {
  const first = new Life();
  await first.shown('/feed.json', { position: `${A}:1`, value: [1] });
  first.line.event('feed', `${A}:2`, 2);
  await rest();
  const second = new Life(first.caches);
  await second.live.wake();
  second.line.establish();
  await rest();
  assert.deepEqual(second.line.take(), [subscribe('feed', `${A}:2`)]);
  second.line.subscribed('feed', `${A}:2`);
  second.line.event('feed', `${A}:3`, 3);
  await rest();
  assert.deepEqual(await second.stored('/feed.json'), [`${A}:3`, [1, 2, 3]]);
  assert.deepEqual(second.fetches, []);
});

test('a worker without live URLs does not connect', async () => {
  const life = new Life();
  await life.live.wake();
  assert.equal(life.line.opens, 0);
});

test('a hole is mended by resuming from the stored position', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.line.event('feed', `${A}:3`, 3);
  await rest();
  assert.deepEqual(life.line.take(), [unsubscribe('feed'), subscribe('feed', `${A}:1`)]);
  life.line.event('feed', `${A}:4`, 4); // still of the subscription before
  life.line.subscribed('feed', `${A}:1`);
  for (const seq of [2, 3, 4]) life.line.event('feed', `${A}:${seq}`, seq);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:4`, [1, 2, 3, 4]]);
  assert.deepEqual(life.fetches, ['/feed.json']);
});

test('holes that mend are mended however many there are', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:0`, value: [] });
  for (let seq = 1; seq <= 20; seq += 2) {
    life.line.event('feed', `${A}:${seq + 1}`, seq + 1);
    await rest();
    life.line.subscribed('feed', `${A}:${seq - 1}`);
    for (const missed of [seq, seq + 1]) life.line.event('feed', `${A}:${missed}`, missed);
    await rest();
  }
  assert.equal((await life.stored('/feed.json'))[0], `${A}:20`);
  assert.deepEqual(life.fetches, ['/feed.json']);
});

test('a hole that does not mend is fetched after three tries, and then left alone until the next ping', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  for (let i = 0; i < 10; i++) {
    life.line.event('feed', `${A}:9`, 9);
    await rest();
    life.line.subscribed('feed', `${A}:1`);
    await rest();
  }
  assert.equal(life.line.take().filter(([event]) => event === 'pusher:subscribe').length, 3);
  assert.deepEqual(life.fetches, ['/feed.json', '/feed.json']);
  assert.match(life.reports.join(), /behind/);
});

test('one subscription serves all URLs of a channel, from the smallest position', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:10`, value: [] });
  life.server.set('/last.json', { position: `${A}:9`, value: 9 });
  await life.live.show('/feed.json');
  await life.live.show('/last.json');
  life.line.establish();
  await rest();
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:9`)]);
  life.line.subscribed('feed', `${A}:9`);
  life.line.event('feed', `${A}:10`, 'ten');
  life.line.event('feed', `${A}:11`, 'eleven');
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:11`, ['eleven']]);
  assert.deepEqual(await life.stored('/last.json'), [`${A}:11`, 'eleven']);
});

test('a URL that joins a live channel with an older copy is brought up to date', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:5`, value: [] });
  life.server.set('/last.json', { position: `${A}:4`, value: 4 }); // a node that is behind
  await life.live.show('/last.json');
  await rest();
  assert.deepEqual(life.line.take(), [unsubscribe('feed'), subscribe('feed', `${A}:4`)]);
});

test('events that come while the copy is fetched are neither lost nor doubled', async () => {
  const life = new Life();
  await life.shown('/last.json', { position: `${A}:5`, value: 5 });
  life.server.set('/feed.json', { position: `${A}:6`, value: [6] });
  const shown = life.live.show('/feed.json');
  await Promise.resolve();
  for (const seq of [6, 7, 8]) life.line.event('feed', `${A}:${seq}`, seq);
  await shown;
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:8`, [6, 7, 8]]);
  assert.deepEqual(life.line.take(), []);
});

test('ok:false: what is behind is fetched once, what is at the head is not', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:2`, value: [] });
  life.server.set('/last.json', { position: `${A}:9`, value: 9 });
  await life.live.show('/feed.json');
  await life.live.show('/last.json');
  life.line.establish();
  await rest();
  life.server.set('/feed.json', { position: `${A}:9`, value: ['whole'] });
  life.line.subscribed('feed', `${A}:9`, false);
  life.line.event('feed', `${A}:10`, 10);
  await rest();
  assert.deepEqual(life.fetches, ['/feed.json', '/last.json', '/feed.json']);
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:10`, ['whole', 10]]);
  assert.deepEqual(await life.stored('/last.json'), [`${A}:10`, 10]);
  assert.ok(life.updates.some(([path, , , reset]) => path === '/feed.json' && reset));
});

test('a copy of another epoch is fetched although its neighbour could resume', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:2`, value: [] });
  life.server.set('/last.json', { position: 'fedcba987654:7', value: 0 });
  await life.live.show('/feed.json');
  await life.live.show('/last.json');
  life.line.establish();
  await rest();
  life.server.set('/last.json', { position: `${A}:2`, value: 2 });
  life.line.subscribed('feed', `${A}:2`);
  await rest();
  assert.deepEqual(life.fetches, ['/feed.json', '/last.json', '/last.json']);
  assert.deepEqual(await life.stored('/last.json'), [`${A}:2`, 2]);
});

test('after a reconnection everything is subscribed again from what is stored', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:1`, value: [1] });
  life.line.event('feed', `${A}:2`, 2);
  await rest();
  life.line.connection?.closed(1006, '');
  life.line.event('feed', `${A}:3`, 3); // from nowhere
  life.line.pass(life.line.due - life.line.clock);
  life.line.establish();
  await rest();
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:2`)]);
});

test('a connection that goes while the positions are read leaves no subscription behind', async () => {
  const life = new Life();
  life.server.set('/feed.json', { position: `${A}:1`, value: [1] });
  await life.live.show('/feed.json');
  life.line.establish();
  life.line.connection?.closed(1006, '');
  life.line.pass(life.line.due - life.line.clock);
  life.line.establish();
  await rest();
  assert.deepEqual(life.line.take(), [subscribe('feed', `${A}:1`)]);
});

test('an event that comes while the lock is given back is applied, and nothing is asked for again', async () => {
  const life = new Life();
  await life.shown('/feed.json', { position: `${A}:0`, value: [] });
  life.released = () => {
    life.released = () => undefined;
    life.line.event('feed', `${A}:2`, 2);
  };
  life.line.event('feed', `${A}:1`, 1);
  await rest();
  assert.deepEqual(await life.stored('/feed.json'), [`${A}:2`, [1, 2]]);
  assert.deepEqual(life.line.take(), []);
});
