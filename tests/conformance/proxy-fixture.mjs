// Servers in front of origins of a test's own, without a folder or with one.
import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import { nodeOrigin, rawOrigin } from '../lib/raw-origin.mjs';
import { Server } from '../lib/server.mjs';
import { makeSite } from './fixture.mjs';

const open = [];
after(() => Promise.all(open.map((end) => end())));

// {server, origin, port}: `origin` is a url, or a function of (request, response), or {raw: function of (socket, text)}.
export async function front(origin, { files, config = '', args = [], ...options } = {}) {
  let behind = { url: origin };
  if (typeof origin === 'function') behind = await nodeOrigin(origin, options.node);
  if (origin.raw) behind = await rawOrigin(origin.raw);
  if (behind.close) open.push(() => behind.close());
  const site = files ? makeSite(files) : '';
  const server = await Server.start({ site, config, args: ['--origin', behind.url, '--threads', '1', ...args] });
  open.push(() => server.kill());
  return { server, port: server.port, origin: behind };
}

// One counter of the server.
export async function counter(server, name) {
  const text = await (await fetch(`${server.origin}/_offing/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

// Kilobytes that the process has in memory.
export const rss = ({ child }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]);

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
