// Users and tokens (spec/users.md): which token is believed, by sockets and by requests, and what it opens.
import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import Pusher from 'pusher-js';
import { APP } from '../lib/api.mjs';
import { tempFolder } from '../lib/ending.mjs';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { runOffing, Server } from '../lib/server.mjs';
import { Authority } from '../lib/tls-files.mjs';
import { until } from '../lib/until.mjs';
import { CONFIG, get, hs256, Key, metric, now, setOf, tried, unsigned } from './auth-fixture.mjs';

const OTHER = { id: '2', key: 'other-key', secret: 'other-secret' };

// A server for the tests of one `describe`.
function serverFor(options) {
  const world = {};
  before(async () => (world.server = await Server.start({ site: '', ...(await options(world)) })));
  after(() => world.server?.kill());
  return world;
}

describe('a token', () => {
  const world = serverFor(() => ({ config: CONFIG, args: ['--app', `${OTHER.id}:${OTHER.key}:${OTHER.secret}`] }));
  const read = (token) => tried(world.server, token);

  test('of the app opens what its channels match', async () => {
    assert.equal(await read(hs256()), 200);
    assert.equal(await read(hs256({}, { header: { kid: undefined } })), 200);
    assert.match(await read(hs256({ channels: ['private-room-2'] })), /^403 .*private-room-1/);
    assert.match(await read(hs256({ channels: undefined })), /^403/);
  });

  test('that cannot be believed is 401, in one sentence', async () => {
    assert.equal(await read(hs256({ exp: now() - 61 })), '401 the token is expired');
    assert.equal(await read(hs256({ exp: undefined })), '401 the token has no exp');
    assert.equal(await read(hs256({ nbf: now() + 90 })), '401 the token is not valid yet');
    assert.equal(await read(hs256({}, { secret: 'guess' })), '401 the token has a wrong signature');
    assert.match(await read(hs256({}, { header: { kid: 'nobody' } })), /^401 .*"nobody" is no app's/);
    assert.match(await read('a.b.c'), /^401 the token is malformed/);
    assert.equal(
      await read(hs256({ sub: 'a\nb' })),
      "401 the token's sub is not 1 to 200 bytes of text without control characters",
    );
    assert.match(await read('x.'.repeat(4_097) + 'x'), /^401/);
    const { headers, body } = await get(world.server, '/rooms/1', { authorization: `Bearer ${hs256({ exp: 1 })}` });
    assert.equal(
      headers.get('www-authenticate'),
      'Bearer error="invalid_token", error_description="the token is expired"',
    );
    assert.equal(headers.get('content-type'), 'application/problem+json');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.deepEqual({ type: body.type, status: body.status }, { type: '/_offing/problems/token', status: 401 });
  });

  test('chooses no algorithm: none, another one, or a public key for a secret', async () => {
    for (const alg of ['none', 'None', 'HS512', 'RS256']) assert.match(await read(unsigned(alg)), /^401 .*alg is/);
    assert.match(await read(hs256({}, { header: { alg: 'ES256' } })), /^401 .*\[auth\] jwks/);
  });

  test('of another app is none here', async () => {
    assert.equal(
      await read(hs256({}, { header: { kid: OTHER.key }, secret: OTHER.secret })),
      '401 the token is of another app',
    );
  });

  test('is not asked for by what everybody may see, and nobody is not let in', async () => {
    const { status, headers } = await get(world.server, '/rooms/1');
    assert.equal(status, 401);
    assert.match(headers.get('www-authenticate'), /^Bearer/);
    assert.equal((await get(world.server, '/rooms/1', { cookie: 'sid=1' })).status, 401);
    const good = await get(world.server, '/rooms/1', { authorization: `Bearer ${hs256()}` });
    assert.equal(good.headers.get('cache-control'), 'private, no-cache');
    assert.equal(good.headers.get('vary'), 'Authorization, Cookie');
    assert.deepEqual(good.body, []);
  });

  test('is counted, believed or not', async () => {
    const counts = () =>
      Promise.all(['', '_refused'].map((name) => metric(world.server, `offing_auth_tokens${name}_total`)));
    const [believed, refused] = await counts();
    await read(hs256());
    await read(unsigned());
    assert.deepEqual(await counts(), [believed + 1, refused + 1]);
  });
});

describe('a private channel', () => {
  const world = serverFor(() => ({ config: CONFIG }));
  const open = () => PusherSocket.open(world.server.port);
  const subscribe = (socket, token, channel = 'private-chat') => socket.subscribe(channel, { auth: undefined, token });

  test('is subscribed to by a token whose channels match', async () => {
    const socket = await open();
    assert.equal((await subscribe(socket, hs256())).event, 'pusher_internal:subscription_succeeded');
    await world.server.api.publish('private-chat', 'hello', { a: 1 });
    assert.equal(JSON.parse((await socket.nextEvent('hello')).data).a, 1);
    const other = await subscribe(socket, hs256({ channels: ['private-x'] }), 'private-y');
    assert.equal(other.event, 'pusher:subscription_error');
    assert.equal(other.data.status, 403);
    for (const token of [hs256({ exp: 1 }), hs256({}, { secret: 'guess' }), unsigned(), 'x']) {
      const refused = await subscribe(socket, token, 'private-y');
      assert.equal(refused.data.status, 401, token);
      assert.equal(refused.data.type, 'AuthError');
    }
    assert.equal((await subscribe(socket, hs256(), 'presence-x')).data.status, 501);
    socket.close();
  });

  test('stays subscribed to when the token runs out, and is not subscribed to with it again', async () => {
    const token = hs256({ exp: now() - 57 });
    const socket = await open();
    assert.equal((await subscribe(socket, token)).event, 'pusher_internal:subscription_succeeded');
    const late = await open();
    const runsOut = async () => {
      const frame = await subscribe(late, token);
      if (frame.event === 'pusher:subscription_error') return frame;
      late.send({ event: 'pusher:unsubscribe', data: { channel: 'private-chat' } });
      return undefined;
    };
    const refused = await until('the token has run out', runsOut, { every: 100 });
    assert.equal(refused.data.error, 'the token is expired');
    await world.server.api.publish('private-chat', 'after', 1);
    await socket.nextEvent('after');
    for (const each of [socket, late]) each.close();
  });

  test('is open to stock pusher-js that sends the token itself', async () => {
    const pusher = new Pusher(APP.key, {
      wsHost: '127.0.0.1',
      wsPort: world.server.port,
      forceTLS: false,
      enabledTransports: ['ws'],
      cluster: 'x',
    });
    await new Promise((resolve) => pusher.connection.bind('connected', resolve));
    const channel = pusher.channels.add('private-js', pusher);
    const heard = new Promise((resolve) => channel.bind('news', resolve));
    const subscribed = new Promise((resolve) => channel.bind('pusher:subscription_succeeded', resolve));
    pusher.send_event('pusher:subscribe', { channel: 'private-js', token: hs256() });
    await subscribed;
    await world.server.api.publish('private-js', 'news', { a: 1 });
    assert.deepEqual(await heard, { a: 1 });
    pusher.disconnect();
  });
});

describe('what clients publish', () => {
  const rules = ['token', 'users'].map((who) => `[[channel]]\nname = "${who}-*"\nlog = {}\npublish = "${who}"\n`);
  const world = serverFor(() => ({ config: rules.join('') }));
  let key = 0;
  const publish = async (channel, token) => {
    const response = await fetch(`${world.server.origin}/_offing/channels/${channel}/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': `"k${++key}"`,
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: '{"name":"e","data":{}}',
    });
    const { type = '' } = await response.json();
    return `${response.status} ${type.split('/').at(-1)}`.trim();
  };

  test('needs a token whose publish matches, or any user, as the channel’s rule says', async () => {
    const may = hs256({ publish: ['token-1'] });
    assert.equal(await publish('token-1', may), '200');
    assert.equal(await publish('token-2', may), '403 not-allowed');
    assert.equal(await publish('token-1', hs256()), '403 not-allowed');
    assert.equal(await publish('users-1', hs256()), '200');
    for (const channel of ['token-1', 'users-1']) {
      assert.equal(await publish(channel), '401 token');
      assert.equal(await publish(channel, hs256({ exp: 1, publish: ['*'] })), '401 token');
      assert.equal(await publish(channel, unsigned()), '401 token');
    }
  });
});

describe('keys of a set', () => {
  test('in a file sign tokens, and a new one is found when a token names it', async () => {
    const [first, second] = [new Key('first'), new Key('second')];
    const file = path.join(tempFolder('keys'), 'jwks.json');
    writeFileSync(file, setOf(first));
    const server = await Server.start({ site: '', config: `${CONFIG}[auth]\njwks = "${file}"\n` });
    try {
      assert.equal(await tried(server, first.es256()), 200);
      assert.equal(await tried(server, hs256()), 200, 'the app still signs, too');
      assert.match(await tried(server, first.es256({ exp: 1 })), /expired/);
      assert.match(await tried(server, second.es256({}, { kid: 'first' })), /wrong signature/);
      assert.match(await tried(server, first.es256({}, { kid: undefined })), /no kid/);
      for (const secret of [first.publicKey.export({ format: 'pem', type: 'spki' }), JSON.stringify(first.jwk), ''])
        assert.match(await tried(server, hs256({}, { header: { kid: 'first' }, secret })), /^401 .*no app's/);
      writeFileSync(`${file}.new`, setOf(first, second));
      renameSync(`${file}.new`, file);
      assert.equal(await tried(server, second.es256()), 200);
      // Not more than once a minute.
      assert.match(await tried(server, new Key('third').es256()), /^401 .*the set has no "third"/);
      assert.equal(await metric(server, 'offing_auth_jwks_read_total'), 2);
      const socket = await PusherSocket.open(server.port);
      const frame = await socket.subscribe('private-a', { auth: undefined, token: second.es256() });
      assert.equal(frame.event, 'pusher_internal:subscription_succeeded');
      socket.close();
    } finally {
      await server.kill();
    }
  });

  test('that are none are refused at start-up', async () => {
    const config = path.join(tempFolder('config'), 'offing.toml');
    const bad = path.join(tempFolder('keys'), 'bad.json');
    writeFileSync(bad, '{"keys":[]}');
    for (const [jwks, said] of [
      ['/nowhere.json', /\[auth\] jwks = "\/nowhere\.json": No such file/],
      [bad, /no key for ES256/],
      ['http://127.0.0.1/keys', /an https:\/\/ URL/],
    ]) {
      writeFileSync(config, `[auth]\njwks = "${jwks}"\n`);
      const data = path.join(tempFolder('data'), 'd');
      const { code, stderr } = await runOffing([
        'serve',
        '--config',
        config,
        '--data',
        data,
        '--listen',
        '127.0.0.1:0',
      ]);
      assert.equal(code, 1);
      assert.match(stderr, said);
    }
  });

  describe('behind a URL', () => {
    const authority = new Authority();
    const key = new Key('remote');
    const served = { text: setOf(key), asked: 0 };
    before(async () => {
      const pair = authority.sign('localhost');
      const options = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) };
      served.server = https.createServer(options, (request, response) => {
        served.asked++;
        if (request.url === '/moved') return response.writeHead(302, { location: '/keys' }).end();
        return response.end(served.text);
      });
      await new Promise((resolve) => served.server.listen(0, '127.0.0.1', resolve));
      served.url = `https://localhost:${served.server.address().port}`;
    });
    after(() => served.server.close());

    async function withKeys(target, more, run) {
      const config = `${CONFIG}[auth]\njwks = "${served.url}${target}"\n${more}`;
      const server = await Server.start({ site: '', config });
      await run(server).finally(() => server.kill());
    }
    const trust = `jwks_ca = "${authority.file}"\n`;

    test('are fetched and believed', () =>
      withKeys('/keys', `${trust}jwks_hosts = "any"\n`, async (server) => {
        assert.equal(await tried(server, key.es256()), 200);
        const asked = served.asked;
        assert.match(await tried(server, new Key('x').es256()), /^401/);
        assert.ok(served.asked - asked <= 1);
      }));

    test('are not asked for where the address is not public, or nobody known vouches for it, or it leads on', async () => {
      const cases = [
        ['/keys', trust, /leads to an address that is not public/],
        ['/keys', 'jwks_hosts = "any"\n', /certificate/i],
        ['/moved', `${trust}jwks_hosts = "any"\n`, /the answer is 302/],
      ];
      for (const [target, more, said] of cases) {
        await withKeys(target, more, async (server) => {
          assert.match(await tried(server, key.es256()), /^401/);
          await server.prints(said);
        });
      }
    });
  });
});

describe('offing token', () => {
  test('signs a token that the server believes, for an app found as publish finds it', async () => {
    const server = await Server.start({ site: '', config: CONFIG });
    try {
      const args = ['token', 'ada', '--channels', 'private-room-1,private-x*', '--device', 'phone', '--expires', '2m'];
      const { code, stdout } = await runOffing([...args, '--app', server.credentials]);
      assert.equal(code, 0);
      assert.equal(await tried(server, stdout.trim()), 200);
      assert.match(await tried(server, stdout.trim(), '/rooms/2'), /^403/);
      const claims = JSON.parse(Buffer.from(stdout.split('.')[1], 'base64url').toString());
      assert.deepEqual(
        { ...claims, iat: 0, exp: claims.exp - claims.iat },
        {
          sub: 'ada',
          dev: 'phone',
          channels: ['private-room-1', 'private-x*'],
          iat: 0,
          exp: 120,
        },
      );
      const config = path.join(tempFolder('config'), 'offing.toml');
      writeFileSync(config, `app = "${server.credentials}"\n`);
      const byFile = await runOffing(['token', 'ada', '--channels', 'private-*', '--config', config]);
      assert.equal(await tried(server, byFile.stdout.trim()), 200);
    } finally {
      await server.kill();
    }
  });

  test('says what it cannot sign', async () => {
    const app = ['--app', '1:k:s'];
    for (const [args, said] of [
      [['token', ''], /1 to 200 bytes/],
      [['token', 'a', '--expires', 'soon'], /--expires soon/],
      [['token', 'a', '--channels', 'a*b'], /--channels/],
      [['token', 'a', '--app', 'nonsense'], /ID:KEY:SECRET/],
      [['token', 'a', '--data', '/nowhere'], /\/nowhere\/app/],
    ]) {
      const { code, stderr } = await runOffing(
        args.includes('--app') || args.includes('--data') ? args : [...args, ...app],
      );
      assert.equal(code, 1, args.join(' '));
      assert.match(stderr, said);
    }
  });
});

describe('a problem', () => {
  const world = serverFor(() => ({}));
  test('has a page that explains it', async () => {
    const page = await get(world.server, '/_offing/problems/other-user');
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type'), /^text\/html/);
    assert.match(page.body, /403/);
    assert.equal((await get(world.server, '/_offing/problems/nothing')).status, 404);
  });
});
