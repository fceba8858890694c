// Prints what the bundles weigh as a browser downloads them (brotli, strongest setting); fails over budget. What is loaded at
// installation counts as a whole: the worker as the server composes it for a site, parts in front of the core, and the page library.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

// The module is for workers that an app writes itself: it holds every part, and the names that Workbox has for them.
export const budgets = {
  'web/dist/worker.js': 9_700,
  'web/dist/worker.safety.js': 256,
  'web/dist/worker.mjs': 21_504,
  'web/dist/outbox.mjs': 5_120,
  'web/dist/client.mjs': 5 * 1024,
  'web/dist/update.mjs': 1024,
  'web/dist/outbox-element.mjs': 1_400,
};

const compose = (...parts) => [...parts.map((part) => `web/dist/worker.${part}.js`), 'web/dist/worker.js'];

// /sw.js of a site that has these parts, without its CONFIG.
export const compositions = {
  'worker with json-patch': { files: compose('json-patch'), budget: 12 * 1024 },
  'worker with routes': { files: compose('routes'), budget: 12 * 1024 },
  'worker with the outbox': { files: compose('outbox'), budget: 16 * 1024 },
};

export function brotliSize(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return brotliCompressSync(bytes, { params }).length;
}

/** One line per bundle and composition, and whether all are within their budget. `read` gives a file's bytes, or null. */
export function checkBundles(budgets, read, compositions = {}) {
  const lines = [];
  let ok = true;
  const check = (name, bytes, budget) => {
    const size = brotliSize(bytes);
    const over = size - budget;
    ok &&= over <= 0;
    lines.push(
      over > 0
        ? `${name}:1: weighs ${size} bytes (brotli), ${over} over its budget of ${budget}`
        : `${name}: ${size} of ${budget} bytes (brotli), ${bytes.length} minified`,
    );
  };
  const files = new Set([...Object.keys(budgets), ...Object.values(compositions).flatMap(({ files }) => files)]);
  const found = new Map([...files].map((path) => [path, read(path)]));
  for (const [path, bytes] of found) {
    if (bytes?.length) continue;
    ok = false;
    lines.push(`${path}:1: is missing or empty; ./dev build makes it`);
  }
  if (!ok) return { lines, ok };
  for (const [path, budget] of Object.entries(budgets)) check(path, found.get(path), budget);
  for (const [name, { files, budget }] of Object.entries(compositions)) {
    check(name, Buffer.concat(files.map((path) => found.get(path))), budget);
  }
  return { lines, ok };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const read = (path) => (existsSync(path) ? readFileSync(path) : null);
  const { lines, ok } = checkBundles(budgets, read, compositions);
  for (const line of lines) console.log(line);
  console.log(ok ? 'bundles: within their budgets' : 'bundles: over budget');
  process.exit(ok ? 0 : 1);
}
