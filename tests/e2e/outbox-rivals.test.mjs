// Eight ways to lose or to double a write, with Workbox's queue, with Serwist's, and with Offing's outbox, in Chromium. What must be is
// asserted of Offing alone; what the others do is printed, and stands in docs/outbox.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { ROOT } from '../lib/server.mjs';
import { sleep, until } from '../lib/until.mjs';
import { Offing, Rival } from './outbox-rivals/contenders.mjs';

// Waits until so many writes took effect, if that happens at all.
async function settles({ app, patience }, count) {
  const enough = () => app.effects.length >= count;
  await until('the writes took effect', enough, { timeout: patience, every: 20 }).catch(() => {});
  await sleep(200);
  return app.effects.join(',');
}

const again = async (one, count) => {
  await one.replay();
  await one.replay();
  return settles(one, count);
};

// Each answers with what took effect, in order.
const CASES = {
  'the server answers 500 to one write, 401 to the next': async (one) => {
    await one.writeOffline([1, 2]);
    one.app.next = [500, 401];
    await one.proxy.restore();
    return again(one, 2);
  },
  'the worker is killed while it sends': async (one) => {
    await one.writeOffline([1]);
    one.app.next = ['hang'];
    await one.proxy.restore();
    const replayed = one.replay();
    await until('the write is on its way', () => one.app.attempts > 0);
    await one.browser.stopWorkers();
    one.app.letGo();
    await replayed.catch(() => {});
    await one.visit();
    return again(one, 1);
  },
  'a captive portal answers 200': async (one) => {
    await one.writeOffline([1]);
    await one.behindPortal(() => one.replay());
    return again(one, 1);
  },
  'two replays at once': async (one) => {
    await one.writeOffline([1, 2, 3]);
    await one.proxy.restore();
    await Promise.all([one.replay(), one.replay()]);
    return settles(one, 3);
  },
  'two replays at once, and the first attempt fails': async (one) => {
    await one.writeOffline([1, 2, 3]);
    one.app.next = ['refused'];
    await one.proxy.restore();
    await Promise.all([one.replay(), one.replay()]);
    return again(one, 3);
  },
  'the write takes effect, and the network loses the answer': async (one) => {
    await one.writeOffline([1]);
    one.app.next = ['late'];
    await one.proxy.restore();
    const replayed = one.replay();
    await until('the write took effect', () => one.app.effects.length > 0);
    await one.proxy.cut();
    one.app.letGo();
    await replayed.catch(() => {});
    await one.proxy.restore();
    return again(one, 1);
  },
  'a write is older than it may be': async (one) => {
    await one.age();
    await one.writeOffline([1]);
    await sleep(1_500);
    await one.proxy.restore();
    await one.replay();
    const told = () => one.told();
    const heard = await until('somebody is told', told, { timeout: one.patience }).catch(() => false);
    return `${one.app.effects.join(',') || 'not sent'}, ${heard ? 'and the page is told' : 'and nobody is told'}`;
  },
  'the token of that time is no longer good': async (one) => {
    await one.writeOffline([1], { Authorization: 'Bearer OLD' });
    await one.proxy.restore();
    await again(one, 1);
    return String(one.app.tokens.at(-1));
  },
};

const EXPECTED = ['1,2', '1', '1', '1,2,3', '1,2,3', '1', 'not sent, and the page is told', 'Bearer NEW'];
const contenders = [() => new Offing(), () => new Rival('workbox'), () => new Rival('serwist')];
const table = new Map();
const note = (what, { name }, outcome) => table.set(what, { ...table.get(what), [name]: outcome });

async function using(contender, run) {
  try {
    await contender.open();
    return await run(contender);
  } finally {
    await contender.close();
  }
}

describe('eight ways to lose or to double a write', () => {
  after(() => {
    for (const [what, row] of table) console.log(`# ${what}: ${JSON.stringify(row)}`);
  });

  for (const [index, [what, run]] of Object.entries(CASES).entries()) {
    for (const make of contenders) {
      const one = make();
      test(`${what}: ${one.name}`, async () => {
        const outcome = await using(one, run);
        note(what, one, outcome || 'nothing');
        if (one instanceof Offing) assert.equal(outcome, EXPECTED[index]);
      });
    }
  }

  test('docs/outbox.md has a row for each, with what Offing does', () => {
    const lines = readFileSync(path.join(ROOT, 'docs/outbox.md'), 'utf8').split('\n');
    for (const [index, what] of Object.keys(CASES).entries()) {
      const row = lines.find((line) => line.startsWith(`| ${what} |`));
      assert.ok(row?.startsWith(`| ${what} | ${EXPECTED[index]} |`), what);
    }
  });
});
