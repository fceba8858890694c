// The listener with a certificate: what openssl, curl, Node and pusher-js see of it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { APP } from '../lib/api.mjs';
import { tempFolder, watchChild } from '../lib/ending.mjs';
import { freePort } from '../lib/ports.mjs';
import { exchange } from '../lib/raw-http.mjs';
import { runOffing, Server } from '../lib/server.mjs';
import { Authority, install } from '../lib/tls-files.mjs';
import { sleep, until } from '../lib/until.mjs';
import { makeSite } from './fixture.mjs';

const require = createRequire(import.meta.url);
const authority = new Authority();
const first = authority.sign('first');
const second = authority.sign('second');
const BIG = 300 << 20;

let on;
let redirectPort;
let place;

// A server whose certificate can be replaced; the harness asks for its health on the port in the clear.
async function startSecure({ files = {}, tls: extra = '', top = '', ...options } = {}) {
  const clear = await freePort();
  const folder = tempFolder('cert');
  const at = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  install(options.pair ?? first, at);
  const port = await freePort();
  const config = `${top}\n[tls]\ncert = "${at.cert}"\nkey = "${at.key}"\nredirect = "127.0.0.1:${clear}"\n${extra}\n`;
  const site = makeSite({ 'index.html': '<!doctype html><title>home</title>', 'text.txt': 'text', ...files });
  const started = await Server.start({ site, config, port, ...options, healthPort: clear });
  return Object.assign(started, { place: at, clear, site });
}

before(async () => {
  on = await startSecure({
    files: { '.well-known/acme-challenge/token': 'token.thumbprint' },
    tls: 'hsts = "1y"\nhandshake_time = "1s"\nhandshakes = 20',
  });
  redirectPort = on.clear;
  place = on.place;
  writeFileSync(path.join(on.site, 'big.bin'), '');
  truncateSync(path.join(on.site, 'big.bin'), BIG);
});
after(() => on?.kill());

// One request over TLS: {status, headers, body, socket facts}.
function get(target, { port = on.port, agent, method = 'GET', headers, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const settings = { host: 'localhost', port, path: target, method, headers, agent, ca: authority.pem, ...options };
    const request = https.request(settings, (response) => {
      const { socket } = response;
      const facts = {
        reused: request.reusedSocket,
        resumed: socket.isSessionReused(),
        peer: socket.getPeerCertificate().subject?.CN,
        protocol: socket.getProtocol(),
        alpn: socket.alpnProtocol,
      };
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body, ...facts }));
      response.on('error', reject);
    });
    request.on('error', reject).end();
  });
}

const getInTheClear = (target, { method = 'GET', host = 'example.test', port = redirectPort } = {}) =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path: target, method, headers: { host } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on('error', reject).end();
  });

// openssl s_client with `input`; all that it says.
function sClient(args, input = '', port = on.port) {
  const child = watchChild(spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args]));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  }
  child.stdin.on('error', () => {});
  child.stdin.write(input);
  const timer = setTimeout(() => child.kill(), 10_000);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, said });
    });
  });
}

const REQUEST = 'GET /text.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const rss = (server = on) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) * 1024;
const metric = async (name, server = on) => {
  const { body } = await get('/_offing/metrics', { port: server.port });
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(body)?.[1]);
};

describe('handshakes', () => {
  for (const version of ['tls1_2', 'tls1_3']) {
    test(`openssl s_client resumes a session, ${version}`, async () => {
      const file = path.join(authority.folder, `${version}.session`);
      const args = [`-${version}`, '-CAfile', authority.file, '-verify_return_error', '-ign_eof'];
      const full = await sClient([...args, '-sess_out', file], REQUEST);
      assert.match(full.said, /New, TLS/);
      assert.match(full.said, /HTTP\/1\.1 200 OK/);
      assert.ok(statSync(file).size > 0);
      const resumed = await sClient([...args, '-sess_in', file], REQUEST);
      assert.match(resumed.said, /Reused, TLS/);
      assert.match(resumed.said, /HTTP\/1\.1 200 OK/);
    });
  }

  test('TLS 1.1 is refused', async () => {
    const { said } = await sClient(['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], REQUEST);
    assert.doesNotMatch(said, /HTTP\/1\.1/);
    assert.match(said, /alert protocol version|Cipher is \(NONE\)/);
  });

  test('http/1.1 is chosen; who offers h2 alone is told so', async () => {
    const chosen = await sClient(['-alpn', 'h2,http/1.1', '-ign_eof'], REQUEST);
    assert.match(chosen.said, /ALPN protocol: http\/1\.1/);
    const refused = await sClient(['-alpn', 'h2']);
    assert.match(refused.said, /alert no application protocol/);
  });

  test('curl verifies the certificate and reads the page, with an RSA certificate too', async () => {
    const rsa = await startSecure({ pair: authority.sign('rsa', { kind: 'rsa' }) });
    for (const server of [on, rsa]) {
      const url = `https://localhost:${server.port}/text.txt`;
      const args = ['-sS', '--cacert', authority.file, '-w', ' %{http_version} %{ssl_verify_result}', url];
      assert.equal(execFileSync('curl', args, { encoding: 'utf8' }), 'text 1.1 0');
    }
    await rsa.kill();
  });

  test('Node keeps a connection alive, and resumes with the next', async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const answers = [];
    for (let n = 0; n < 5; ++n) answers.push(await get('/text.txt', { agent }));
    assert.deepEqual(
      answers.map(({ status, reused, body }) => [status, reused, body]),
      answers.map((_, n) => [200, n > 0, 'text']),
    );
    agent.destroy();
    let session;
    const ask = (settings) =>
      new Promise((resolve, reject) => {
        const socket = tls.connect({ host: 'localhost', port: on.port, ca: authority.pem, ...settings });
        socket.on('session', (ticket) => (session = ticket));
        socket.on('data', () => {}).on('end', () => resolve(socket.isSessionReused()));
        socket.on('error', reject).write(REQUEST);
      });
    assert.equal(await ask({}), false);
    assert.equal(await ask({ session }), true);
  });

  test('who speaks HTTP without TLS is told so', async () => {
    const { text } = await exchange(on.port, REQUEST);
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.match(text, /only https/);
  });

  test('a silent connection ends after its time, and beyond the limit at once', async () => {
    const slow = await metric('offing_tls_handshakes_slow_total');
    const silent = Array.from({ length: 30 }, () => net.connect(on.port, '127.0.0.1').on('error', () => {}));
    const began = Date.now();
    const ended = silent.map(
      (socket) => new Promise((resolve) => socket.once('close', () => resolve(Date.now() - began))),
    );
    silent.forEach((socket) => socket.resume());
    const times = (await Promise.all(ended)).sort((a, b) => a - b);
    assert.ok(times[9] < 800, `those beyond the limit end at once: ${times}`);
    assert.ok(times[10] >= 800 && times.at(-1) < 5_000, `the others after their time: ${times}`);
    assert.equal((await metric('offing_tls_handshakes_slow_total')) - slow, 20);
    assert.ok((await metric('offing_tls_handshakes_refused_total')) >= 10);
    assert.equal((await get('/text.txt')).status, 200);
  });
});

describe('large answers', () => {
  test('a file of 300 MiB comes whole, and the memory stays flat', async () => {
    const before = rss();
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, rss())), 20);
    const hash = createHash('sha256');
    let size = 0;
    await new Promise((resolve, reject) => {
      const settings = { host: 'localhost', port: on.port, path: '/big.bin', ca: authority.pem };
      https.get(settings, (response) => {
        response.on('data', (bytes) => (hash.update(bytes), (size += bytes.length)));
        response.on('end', resolve).on('error', reject);
      });
    });
    clearInterval(watch);
    assert.equal(size, BIG);
    const zeros = createHash('sha256');
    for (let left = BIG; left > 0; left -= 1 << 20) zeros.update(Buffer.alloc(1 << 20));
    assert.equal(hash.digest('hex'), zeros.digest('hex'));
    assert.ok(most - before < 8 << 20, `grew by ${most - before} bytes`);
  });

  test('twenty readers that do not read cost little memory, and get what they asked for when they do', async () => {
    const before = rss();
    const sockets = await Promise.all(
      Array.from(
        { length: 20 },
        () =>
          new Promise((resolve, reject) => {
            const socket = tls.connect({ host: 'localhost', port: on.port, ca: authority.pem }, () => {
              socket.pause();
              socket.write('GET /big.bin HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-20971519\r\n\r\n');
              resolve(socket);
            });
            socket.on('error', reject);
          }),
      ),
    );
    await sleep(1_000);
    assert.ok(rss() - before < 8 << 20, `grew by ${rss() - before} bytes`);
    const sizes = sockets.map(
      (socket) =>
        new Promise((resolve) => {
          let size = 0;
          socket.on('data', (bytes) => (size += bytes.length) > 20 << 20 && resolve(size));
          socket.resume();
        }),
    );
    for (const size of await Promise.all(sizes)) assert.ok(size > 20 << 20);
    sockets.forEach((socket) => socket.destroy());
  });
});

describe('a new certificate', () => {
  test('is served without a failed request, and nothing that is open is closed', async () => {
    const open = tls.connect({ host: 'localhost', port: on.port, ca: authority.pem });
    let heard = '';
    open.setEncoding('utf8').on('data', (text) => (heard += text));
    open.write('GET /text.txt HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('the open connection has its answer', () => heard.includes('text'));
    let closed = false;
    open.on('close', () => (closed = true));
    const client = await pusher();
    const socketId = client.connection.socket_id;

    const seen = new Map();
    let running = true;
    const failures = [];
    const agent = new https.Agent({ keepAlive: true, maxSockets: 4 });
    const load = [undefined, agent, undefined, agent].map(async (using) => {
      while (running) {
        try {
          const { status, peer } = await get('/text.txt', {
            agent: using ?? new https.Agent({ maxCachedSessions: 0 }),
          });
          seen.set(peer, (seen.get(peer) ?? 0) + (status === 200 ? 1 : 0));
        } catch (error) {
          failures.push(error.message);
        }
      }
    });
    await until('requests are on their way', () => seen.get('first') > 20);
    install(second, place);
    await until('the new certificate is seen', () => seen.get('second') > 20, { timeout: 15_000 });
    running = false;
    await Promise.all(load);
    agent.destroy();
    assert.deepEqual(failures, []);

    heard = '';
    open.write('GET /text.txt HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('the old connection answers on', () => heard.includes('text'));
    assert.equal(closed, false);
    open.destroy();
    assert.equal(client.connection.socket_id, socketId);
    assert.equal(client.connection.state, 'connected');
    client.disconnect();
  });

  test('that cannot be used is refused with one line, and the old one stays', async () => {
    const mark = on.said.length;
    writeFileSync(place.cert, 'no certificate');
    const lines = () => on.said.slice(mark).match(/holds no certificate.*stays in use/g) ?? [];
    await until('the log says so', () => lines().length > 0, { timeout: 15_000 });
    await sleep(4_500);
    assert.equal(lines().length, 1);
    assert.equal((await get('/text.txt', { agent: false })).peer, 'second');
    assert.equal(await metric('offing_tls_reloads_refused_total'), 1);
  });

  test('is taken at once on SIGHUP, and tickets of the old one still resume', async () => {
    const file = path.join(authority.folder, 'reload.session');
    await sClient(['-tls1_3', '-ign_eof', '-sess_out', file], REQUEST);
    install(first, place);
    on.child.kill('SIGHUP');
    await until(
      'the other certificate is seen',
      async () => (await get('/text.txt', { agent: false })).peer === 'first',
    );
    const { said } = await sClient(['-tls1_3', '-ign_eof', '-sess_in', file], REQUEST);
    assert.match(said, /Reused, TLS/);
  });
});

// pusher-js as a page would use it in production, connected. Its Node build has no way to name an authority, so nothing is verified
// while it connects.
async function pusher() {
  const Pusher = require('pusher-js');
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const transports = { forceTLS: true, enabledTransports: ['ws', 'wss'] };
  const client = new Pusher(APP.key, { cluster: 'none', wsHost: 'localhost', wssPort: on.port, ...transports });
  await until('pusher-js is connected', () => client.connection.state === 'connected');
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  return client;
}

describe('channels over TLS', () => {
  test('pusher-js with forceTLS connects, subscribes and hears what is published', async () => {
    const client = await pusher();
    const heard = [];
    const channel = client.subscribe('news');
    channel.bind('item', (data) => heard.push(data));
    await new Promise((resolve) => channel.bind('pusher:subscription_succeeded', resolve));
    const Pusher = require('pusher');
    const agent = new https.Agent({ ca: authority.pem });
    const app = { appId: APP.id, key: APP.key, secret: APP.secret };
    const sdk = new Pusher({ ...app, host: 'localhost', port: String(on.port), useTLS: true, agent });
    assert.equal((await sdk.trigger('news', 'item', { n: 1 })).status, 200);
    await until('the event is here', () => heard.length > 0);
    assert.deepEqual(heard, [{ n: 1 }]);
    const entry = await until('it is logged', () => on.log().find(({ ws }) => ws === 'open'));
    assert.match(entry.tls, /^TLSv1\.3$/);
    client.disconnect();
  });
});

describe('headers', () => {
  test('Strict-Transport-Security over TLS, on errors too, and never in the clear', async () => {
    for (const target of ['/text.txt', '/nothing-here', '/sw.js', '/_offing/health']) {
      const { headers } = await get(target);
      assert.equal(headers['strict-transport-security'], 'max-age=31536000', target);
    }
    for (const target of ['/text.txt', '/_offing/health']) {
      assert.equal((await getInTheClear(target)).headers['strict-transport-security'], undefined, target);
    }
  });

  test('nosniff on files, on what is composed and on what is not there', async () => {
    for (const target of ['/', '/text.txt', '/sw.js', '/_offing/client.js', '/nothing-here', '/_offing/health']) {
      assert.equal((await get(target)).headers['x-content-type-options'], 'nosniff', target);
    }
  });
});

describe('the port in the clear', () => {
  test('sends to the same host and target with https, whatever the method', async () => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const { status, headers } = await getInTheClear('/a%20b?x=1', { method, host: 'example.test:8080' });
      assert.equal(status, 308);
      assert.equal(headers.location, `https://example.test:${on.port}/a%20b?x=1`);
    }
    const { headers } = await getInTheClear('//evil.test/', { host: 'localhost' });
    assert.equal(headers.location, `https://localhost:${on.port}//evil.test/`);
  });

  test('a host that is none is refused', async () => {
    for (const host of ['user@evil.test', 'a b', 'a/b', '']) {
      const { text } = await exchange(redirectPort, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      assert.match(text, /^HTTP\/1\.1 400 /, host);
      assert.doesNotMatch(text, /location/i, host);
    }
  });

  test('health and certificate challenges are answered there', async () => {
    assert.equal((await getInTheClear('/_offing/health')).body, 'ok\n');
    assert.equal((await getInTheClear('/.well-known/acme-challenge/token')).body, 'token.thumbprint');
    assert.equal((await getInTheClear('/.well-known/acme-challenge/none')).status, 404);
    assert.equal((await getInTheClear('/.well-known/acme-challenge/..%2ftext.txt')).status, 308);
  });
});

describe('the access log', () => {
  test('is opened anew on SIGHUP, so that it can be rotated', async () => {
    await get('/text.txt?before');
    renameSync(on.logFile, `${on.logFile}.1`);
    await get('/text.txt?between');
    on.child.kill('SIGHUP');
    await until('there is a new file', () => {
      return statSync(on.logFile, { throwIfNoEntry: false });
    });
    await get('/text.txt?after');
    const old = readFileSync(`${on.logFile}.1`, 'utf8');
    assert.match(old, /\?before.*\n[^]*\?between/);
    const after = ({ target }) => target === '/text.txt?after';
    const entry = await until('it is logged', () => on.log().find(after));
    assert.equal(entry.tls, 'TLSv1.3');
  });

  test('in the combined log format, where nobody else can write a line', async () => {
    const server = await startSecure({ top: 'access_log_format = "text"' });
    const headers = { referer: 'https://a.test/"x', 'user-agent': 'agent\\' };
    await get('/text.txt?auth_key=secret&x=1', { port: server.port, headers });
    const line = readFileSync(server.logFile, 'utf8').trim().split('\n').at(-1);
    const time = String.raw`\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]`;
    const rest = String.raw`"GET /text\.txt\?auth_key=&x=1 HTTP/1\.1" 200 4 "https://a\.test/\\"x" "agent\\\\"`;
    assert.match(line, new RegExp(`^127\\.0\\.0\\.1 - - ${time} ${rest}$`));
    await server.kill();
  });
});

describe('what cannot be served is told before the start', () => {
  const clean = () => ['serve', '--data', path.join(tempFolder('data'), 'd'), '--listen', '127.0.0.1:0'];
  const refusals = {
    'a key without its certificate': [['--tls-key', first.key], /--tls-key .*needs its certificate/],
    'a certificate without its key': [['--tls-cert', first.cert], /--tls-cert .*needs its key/],
    'a file that is not there': [
      ['--tls-cert', '/nonexistent', '--tls-key', first.key],
      /--tls-cert \/nonexistent: cannot be read/,
    ],
    'the key of another certificate': [
      ['--tls-cert', first.cert, '--tls-key', second.key],
      /--tls-key .*does not belong/,
    ],
  };
  for (const [what, [args, pattern]] of Object.entries(refusals)) {
    test(what, async () => {
      const { code, stderr } = await runOffing([...clean(), ...args]);
      assert.ok(code > 0);
      assert.match(stderr, pattern);
    });
  }

  test('an encrypted key', async () => {
    const file = path.join(authority.folder, 'encrypted.key');
    execFileSync('openssl', ['pkey', '-in', first.key, '-aes256', '-passout', 'pass:secret', '-out', file]);
    const { code, stderr } = await runOffing([...clean(), '--tls-cert', first.cert, '--tls-key', file]);
    assert.ok(code > 0);
    assert.match(stderr, /is encrypted.*openssl pkey -in/);
  });
});
