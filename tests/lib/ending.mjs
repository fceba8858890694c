// What a test file started and made, and how it goes away: processes are killed with their group, folders are removed, also when
// the file is interrupted.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

const children = new Set();
const folders = new Set();

export function watchChild(child) {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

// The whole group: a browser is many processes. Only for children that were started with `detached`.
export function killGroup(child, signal = 'SIGKILL') {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has gone already.
  }
}

export function tempFolder(name) {
  const folder = mkdtempSync(path.join(tmpdir(), `offing-test-${name}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder) {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

function sweep() {
  for (const child of children) killGroup(child);
  for (const folder of [...folders]) {
    try {
      removeFolder(folder);
    } catch {
      // A dying browser still writes into it; the system's own cleaning takes the rest.
    }
  }
}

process.once('exit', sweep);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

// A test that failed may leave a socket or a timer behind; that must not keep the file from ending.
// (A suite that is no node:test file ends by itself.)
if (process.env.NODE_TEST_CONTEXT) after(() => setTimeout(() => process.exit(), 5_000).unref());
