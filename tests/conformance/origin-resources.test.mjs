// Live resources whose body a real Express app makes from a store of its own, in both forms: where each stands, and that what comes
// after that position makes of the body what the app has.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { tempFolder } from '../lib/ending.mjs';
import { OriginApp, RESOURCES } from '../lib/origin-app.mjs';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { Random } from '../lib/random.mjs';
import { runOffing, Server } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';

const ROOMS = `
[[resource]]
path = "/rooms/:id/feed.json"
channel = "room-:id"
apply = "upsert:n"
from = "origin"
`;

// An app with its server in front; `world` is filled in before the tests.
function worldFor(form) {
  const world = { n: 0 };
  before(async () => {
    world.app = await OriginApp.start(form);
    world.server = await Server.start({ site: '', config: world.app.config + ROOMS });
    await world.app.serves(world.server);
  });
  after(async () => {
    await world.server?.kill();
    await world.app?.kill();
  });
  world.get = async (target = '/feed.json', init = {}) => {
    const response = await fetch(world.server.origin + target, init);
    const { status, headers } = response;
    const text = await response.text();
    return { status, headers, text, position: headers.get('offing-position') };
  };
  world.add = (count) =>
    world.app.add(Array.from({ length: count }, () => ({ n: ++world.n, text: `item ${world.n}` })));
  world.metric = async (name) => {
    const text = await (await fetch(`${world.server.origin}/_offing/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
  };
  return world;
}

// As the worker does it, in the fewest words.
function applyTo(items, { event, data }, keyed) {
  if (event === 'gone') return items.filter((item) => item.n !== data);
  const at = keyed ? items.findIndex((item) => item.n === data.n) : -1;
  return (at < 0 ? [data, ...items] : items.with(at, data)).slice(0, 600);
}

// The body, with everything after its position.
async function caughtUp(world, answer, keyed) {
  const head = (await world.server.api.call('GET', '/channels/feed', { query: { info: 'log' } })).body.log.head;
  const socket = await PusherSocket.open(world.server.port);
  await socket.subscribe('feed', { resume_after_id: answer.position });
  let items = JSON.parse(answer.text);
  let seq = Number(answer.position.split(':')[1]);
  let came = 0;
  while (seq < head) {
    const frame = await socket.next((one) => one.id);
    items = applyTo(items, { event: frame.event, data: JSON.parse(frame.data) }, keyed);
    seq = Number(frame.id.split(':')[1]);
    came++;
  }
  socket.close();
  return { items, came };
}

for (const form of ['keyed', 'exact']) {
  describe(`a resource of an origin, ${form}`, () => {
    const world = worldFor(form);
    const keyed = form === 'keyed';

    test('stands at 0:0 before anything was published, and says by which rules it is patched', async () => {
      const { status, headers, text, position } = await world.get();
      assert.equal(status, 200);
      assert.equal(text, '[]');
      assert.equal(position, '0:0');
      const worker = await (await fetch(`${world.server.origin}/sw.js`)).text();
      assert.ok(worker.includes(`"definition":"${headers.get('offing-definition')}"`));
      assert.match(headers.get('x-powered-by'), /Express/, 'the rest is the origin’s');
    });

    for (const where of ['before', 'after']) {
      test(`events between position and body, the body read ${where === 'before' ? 'after' : 'before'} them`, async () => {
        await world.add(3);
        await world.app.hold(where);
        const asked = world.get();
        await world.app.waits();
        await world.add(4);
        await world.app.remove(world.n - 1);
        await world.app.hold();
        const answer = await asked;
        const { items, came } = await caughtUp(world, answer, keyed);
        assert.deepEqual(items, await world.app.items());
        if (keyed || where === 'after') assert.equal(came, 5, 'all five come after the position');
        else assert.equal(came, 0, 'the position is that of the body');
        if (where === 'before') assert.deepEqual(JSON.parse(answer.text), items, 'the body held them already');
      });
    }

    test('in any order of reads, writes and answers', async () => {
      const random = new Random(7);
      for (let round = 0; round < 25; round++) {
        const where = random.pick(['before', 'after', undefined]);
        if (where) await world.app.hold(where);
        const writes = [];
        const write = () =>
          writes.push(
            random.chance(0.7) ? world.add(random.between(1, 3)) : world.app.remove(random.between(1, world.n)),
          );
        for (let i = random.between(0, 2); i > 0; i--) write();
        const asked = world.get();
        for (let i = random.between(0, 3); i > 0; i--) write();
        if (where) await world.app.waits();
        await Promise.all(writes);
        await world.app.hold();
        const { items } = await caughtUp(world, await asked, keyed);
        assert.deepEqual(items, await world.app.items(), `round ${round}, held ${where}`);
      }
    });

    test('HEAD has the same headers and no body', async () => {
      const { status, text, position } = await world.get('/feed.json', { method: 'HEAD' });
      assert.equal(status, 200);
      assert.equal(text, '');
      assert.equal(position, (await world.get()).position);
    });

    test('other methods and queries reach the origin untouched', async () => {
      const body = JSON.stringify({ a: 1 });
      const headers = { 'content-type': 'application/json' };
      const posted = await world.get('/feed.json', { method: 'POST', headers, body });
      assert.equal(posted.status, 201);
      assert.deepEqual(JSON.parse(posted.text), { posted: { a: 1 } });
      assert.equal(posted.position, null);
      assert.equal((await world.get('/feed.json', { method: 'DELETE' })).status, 204);
      const page = await world.get('/feed.json?page=2');
      assert.deepEqual(JSON.parse(page.text), { query: { page: '2' } });
      assert.equal(page.position, null);
      assert.equal(page.headers.get('offing-definition'), null);
    });

    test('anything but a 200 with JSON passes untouched', async () => {
      for (const [target, status] of [
        ['/rooms/none/feed.json', 404],
        ['/rooms/html/feed.json', 200],
      ]) {
        const answer = await world.get(target);
        assert.equal(answer.status, status);
        assert.equal(answer.position, null);
        assert.equal(answer.headers.get('offing-definition'), null);
      }
      const room = await world.get('/rooms/7/feed.json');
      assert.equal(room.text, '[{"n":"7"}]');
      assert.equal(room.position, '0:0');
    });

    test('its tag is the origin’s, and a 304 carries what the origin says', async () => {
      const { headers } = await world.get();
      // fetch() would add Cache-Control: no-cache, which Express takes for a wish to have the whole.
      const same = await new Promise((resolve, reject) => {
        const condition = { 'if-none-match': headers.get('etag') };
        http.get(`${world.server.origin}/feed.json`, { headers: condition }, resolve).on('error', reject);
      });
      same.resume();
      assert.equal(same.statusCode, 304);
      assert.equal(same.headers['offing-position'], keyed ? undefined : (await world.get()).position);
    });

    for (const cache of ['private, max-age=0', 'no-store']) {
      test(`an answer with Cache-Control: ${cache} is passed on without a position`, async () => {
        const before = await world.metric('offing_live_origin_private_total');
        await world.app.answers({ cache });
        const { status, headers, position } = await world.get();
        await world.app.answers();
        assert.equal(status, 200);
        assert.equal(position, null);
        assert.match(headers.get('offing-definition'), /^[0-9a-f]{8}$/, 'so the worker knows whose answer it is');
        assert.equal(await world.metric('offing_live_origin_private_total'), before + 1);
      });
    }

    test('it stands where it stood after both were killed', async () => {
      const { position, text } = await world.get();
      await world.server.kill();
      await world.app.kill();
      await world.app.app.run();
      await world.server.run();
      await world.app.serves(world.server);
      const again = await world.get();
      assert.equal(again.position, position);
      assert.equal(again.text, text);
    });

    test('an origin that is away is a 502, and a copy of it is not made up', async () => {
      await world.app.kill();
      const { status, position } = await world.get();
      assert.equal(status, 502);
      assert.equal(position, null);
      await world.app.app.run();
      await world.app.serves(world.server);
      await until('the origin is back', async () => (await world.get()).status === 200);
    });

    if (!keyed) {
      test('an answer without the position that was promised is passed on and counted', async () => {
        await world.app.answers({ silent: true });
        const { status, headers, position } = await world.get();
        await world.app.answers();
        assert.equal(status, 200);
        assert.equal(position, null);
        assert.match(headers.get('offing-definition'), /^[0-9a-f]{8}$/);
        assert.equal(await world.metric('offing_live_origin_unstated_total'), 1);
        await world.server.prints(/exact = true, but the origin's answer has no Offing-Position/);
      });
    }
  });
}

describe('a resource that could double an item is refused at start-up', () => {
  const common = `app = "1:k:s"\norigin = "http://127.0.0.1:1"\n[[channel]]\nname = "*"\nlog = { events = 10 }\n`;
  const resource = (more) => `[[resource]]\npath = "/feed.json"\nchannel = "feed"\n${more}\n`;
  const cases = [
    ['prepend without a key', 'apply = "prepend"\nfrom = "origin"', /would stand there twice: add key = "id"/],
    ['append for one event', 'apply = { a = "replace", b = "append" }\nfrom = "origin"', /apply\."b" = "append"/],
    ['json-patch', 'apply = "json-patch"\nfrom = "origin"', /a patch applied twice is not the same/],
    ['exact without an origin', 'apply = "prepend"\nexact = true', /it is for from = "origin"/],
    ['a place that is none', 'apply = "prepend"\nfrom = "there"', /"log" \(the default\) or "origin"/],
  ];
  for (const [what, more, words] of cases) {
    test(what, async () => {
      const folder = tempFolder('refused');
      writeFileSync(`${folder}/offing.toml`, common + resource(more));
      const flags = ['--config', `${folder}/offing.toml`, '--data', `${folder}/data`, '--listen', '127.0.0.1:0'];
      const { code, stderr } = await runOffing(['serve', ...flags]);
      assert.equal(code, 1);
      assert.match(stderr, words);
      assert.match(stderr, /\/feed\.json|offing\.toml/);
    });
  }

  test('no origin at all', async () => {
    const folder = tempFolder('refused');
    const channel = '[[channel]]\nname = "*"\nlog = { events = 10 }';
    writeFileSync(`${folder}/offing.toml`, `app = "1:k:s"\n${channel}\n${RESOURCES.keyed}`);
    const { code, stderr } = await runOffing([
      'serve',
      '--config',
      `${folder}/offing.toml`,
      '--data',
      `${folder}/data`,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /there is no origin: set origin = .* or --origin/);
  });
});
