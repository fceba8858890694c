// The binary under test: started over a site folder with a data folder and a port of its own, killed, started again on the same.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api, APP } from './api.mjs';
import { killGroup, tempFolder, watchChild } from './ending.mjs';
import { freePort } from './ports.mjs';
import { until } from './until.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const OFFING = process.env.OFFING_BIN ?? path.join(ROOT, 'build/release/offing');
// The harness's own question, told apart from a browser's in the access log.
const HEALTH = '/_offing/health?asked-by=harness';

export class Server {
  // site: a folder, '' for none; config: the text of offing.toml; args: more flags; healthPort: where to ask for health in the
  // clear, if `port` speaks TLS.
  static async start({
    site,
    config = '',
    app = APP,
    args = [],
    env = {},
    data = tempFolder('data'),
    port,
    prepare,
    bin = OFFING,
    healthPort,
  } = {}) {
    const server = new Server();
    server.folder = tempFolder('server');
    Object.assign(server, { site, app, args, env, data, bin, port: port ?? (await freePort()) });
    server.site ??= tempFolder('site');
    server.configFile = path.join(server.folder, 'offing.toml');
    server.logFile = path.join(server.folder, 'access.log');
    server.origin = `http://127.0.0.1:${server.port}`;
    server.healthOrigin = `http://127.0.0.1:${healthPort ?? server.port}`;
    server.api = new Api(server.origin, app);
    writeFileSync(server.configFile, config);
    await prepare?.(server);
    await server.run();
    return server;
  }

  get credentials() {
    return `${this.app.id}:${this.app.key}:${this.app.secret}`;
  }

  // Starts the process and returns once it can take traffic.
  async run() {
    const args = [
      'serve',
      ...(this.site ? [this.site] : []),
      '--listen',
      `127.0.0.1:${this.port}`,
      '--data',
      this.data,
    ];
    args.push('--config', this.configFile, '--app', this.credentials, '--access-log', this.logFile, ...this.args);
    this.said = '';
    const env = { ...process.env, ...this.env };
    this.child = watchChild(spawn(this.bin, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env }));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.said = (this.said + text).slice(-20_000)));
    }
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => resolve({ code: -1, signal: error.message }));
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    let gone;
    this.exited.then((how) => (gone = how));
    const healthy = async () => gone || (await fetch(this.healthOrigin + HEALTH)).status === 200;
    await until('the server is healthy', healthy, { timeout: 15_000, every: 25 });
    if (gone) throw new Error(`offing ended with ${JSON.stringify(gone)}:\n${this.said}`);
  }

  // Waits until the process has printed what `pattern` matches: its words come through a pipe, its answers through a socket.
  async prints(pattern) {
    await until(`offing prints ${pattern}`, () => pattern.test(this.said)).catch((error) => {
      throw new Error(`${error.message}; it printed:\n${this.said}`);
    });
  }

  async kill() {
    killGroup(this.child, 'SIGKILL');
    return this.exited;
  }

  // SIGTERM; answers {code, signal}.
  async terminate() {
    this.child.kill('SIGTERM');
    return this.exited;
  }

  // The access log's entries from `mark` on, without the harness's own.
  log(mark = 0) {
    if (!existsSync(this.logFile)) return [];
    const lines = readFileSync(this.logFile, 'utf8').split('\n').slice(0, -1);
    const entries = lines.map((line) => JSON.parse(line)).filter((entry) => entry.target !== HEALTH);
    return entries.slice(mark);
  }

  mark() {
    return this.log().length;
  }
}

// Runs the binary to its end: {code, signal, stdout, stderr}.
export function runOffing(args, { input, env = {}, timeout = 20_000 } = {}) {
  const child = watchChild(spawn(OFFING, args, { detached: true, env: { ...process.env, ...env } }));
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (out[name] += text));
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const timer = setTimeout(() => killGroup(child), timeout);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...out });
    });
  });
}
