// What these suites run against: one server for each file, with channels of both kinds.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before } from 'node:test';
import { tempFolder } from '../lib/ending.mjs';
import { Server } from '../lib/server.mjs';

export const CONFIG = `
[[channel]]
name = "log-*"
log = { age = "7d", events = 100_000, bytes = "256MB" }

[[channel]]
name = "private-log-*"
log = { age = "7d", events = 100_000, bytes = "256MB" }

[[channel]]
name = "short-*"
log = { age = "7d", events = 100, bytes = "64MB" }

[[resource]]
path = "/live/:name/feed.json"
channel = "log-live-:name"
apply = { "*" = "prepend", "edit" = "upsert:id", "drop" = "remove:id", "all" = "replace" }
limit = 5

[[resource]]
path = "/doc.json"
channel = "log-doc"
apply = { "patch" = "merge-patch" }
`;

// A site folder from {path: content}.
export function makeSite(files) {
  const site = path.join(tempFolder('site'), 'public');
  mkdirSync(site);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(site, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return site;
}

// Starts a server before the file's tests and ends it after them. The returned object is filled in by then.
export function serverForFile(options = {}) {
  const holder = {};
  before(async () => {
    holder.server = await Server.start({ config: CONFIG, ...options, site: options.files && makeSite(options.files) });
    holder.api = holder.server.api;
    holder.port = holder.server.port;
  });
  after(() => holder.server?.kill());
  return holder;
}

let counter = 0;
// A channel name that no other test uses.
export const fresh = (prefix) => `${prefix}${process.pid}-${++counter}`;
