// Debian's nginx, as the rival and the reference: one worker over a folder, or in front of an origin.
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { killGroup, tempFolder, watchChild } from './ending.mjs';
import { freePort } from './ports.mjs';
import { until } from './until.mjs';

const NGINX = process.env.OFFING_NGINX ?? '/usr/sbin/nginx';
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

// The types that a table of ours names; which name has which type is a setting, not semantics.
const TYPES = {
  'text/html': 'html htm',
  'text/plain': 'txt',
  'text/css': 'css',
  'text/javascript': 'js mjs',
  'application/json': 'json map',
  'application/manifest+json': 'webmanifest',
  'application/wasm': 'wasm',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'font/woff2': 'woff2',
  'application/gzip': 'gz',
};

export class Nginx {
  // site: the folder to serve; server: more lines of the server block; http: more lines around it; cpu: the only processor to use.
  static async start({ site, server = '', http = '', workers = 1, cpu } = {}) {
    const nginx = new Nginx();
    nginx.folder = tempFolder('nginx');
    chmodSync(nginx.folder, 0o755);
    nginx.port = await freePort();
    nginx.origin = `http://127.0.0.1:${nginx.port}`;
    nginx.errors = path.join(nginx.folder, 'error.log');
    const conf = path.join(nginx.folder, 'nginx.conf');
    writeFileSync(conf, nginx.#configuration({ site, server, http, workers }));
    const command = [NGINX, '-p', nginx.folder, '-c', conf, '-e', nginx.errors];
    if (cpu !== undefined) command.unshift('taskset', '-c', String(cpu));
    nginx.child = watchChild(spawn(command[0], command.slice(1), { stdio: 'ignore', detached: true }));
    let gone;
    nginx.child.once('error', (error) => (gone = error.message));
    nginx.child.once('exit', (code) => (gone = `exit code ${code}`));
    await until('nginx listens', () => gone ?? nginx.#listens(), { every: 25 });
    if (gone) throw new Error(`nginx ended (${gone}):\n${readFileSync(nginx.errors, 'utf8')}`);
    return nginx;
  }

  // The processes that do the work.
  get workers() {
    const { pid } = this.child;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  }

  kill() {
    killGroup(this.child, 'SIGKILL');
  }

  #configuration({ site, server, http, workers }) {
    const types = Object.entries(TYPES).map(([type, names]) => `${type} ${names};`);
    const temporary = TEMPORARY.map((name) => `${name}_temp_path ${this.folder}/${name};`);
    return `user root; daemon off; worker_processes ${workers}; worker_rlimit_nofile 20000;
pid ${this.folder}/pid; error_log ${this.errors} warn;
events { worker_connections 9000; }
http {
  access_log off; server_tokens off; sendfile on; tcp_nopush on; absolute_redirect off; keepalive_requests 1000000;
  ${temporary.join(' ')}
  types { ${types.join(' ')} }
  default_type application/octet-stream;
  charset utf-8; charset_types text/html text/plain text/css text/javascript;
  ${http}
  server {
    listen 127.0.0.1:${this.port} backlog=4096;
    ${site ? `root ${site};` : ''}
    ${server}
  }
}
`;
  }

  #listens() {
    return new Promise((resolve) => {
      const socket = net.connect(this.port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
  }
}
