// Prints what the bundles weigh as a browser downloads them (brotli, strongest setting); fails over budget. The budgets
// are over everything that is loaded at installation, the composed worker and the page library. A part of
// the worker weighs what it adds to the worker, as browsers download both in one file.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

export const budgets = {
  'web/dist/worker.js': 12 * 1024,
  'web/dist/worker.routes.js': 2_700,
  'web/dist/worker.safety.js': 1024,
  'web/dist/client.mjs': 5 * 1024,
  'web/dist/update.mjs': 1024,
};

// By part: what it stands in front of.
export const parts = { 'web/dist/worker.routes.js': 'web/dist/worker.js' };

export function brotliSize(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return brotliCompressSync(bytes, { params }).length;
}

export const addedSize = (part, core) => brotliSize(Buffer.concat([part, core])) - brotliSize(core);

/** One line per bundle, and whether all of them are within their budget. `read` gives a file's bytes, or null. */
export function checkBundles(budgets, read, parts = {}) {
  const lines = [];
  let ok = true;
  for (const [path, budget] of Object.entries(budgets)) {
    const bytes = read(path);
    const core = parts[path] && read(parts[path]);
    const size = bytes && (core ? addedSize(bytes, core) : brotliSize(bytes));
    if (!bytes?.length) {
      ok = false;
      lines.push(`${path}:1: is missing or empty; ./dev build makes it`);
    } else if (size > budget) {
      ok = false;
      lines.push(`${path}:1: weighs ${size} bytes (brotli), ${size - budget} over its budget of ${budget}`);
    } else {
      lines.push(`${path}: ${size} of ${budget} bytes (brotli), ${bytes.length} minified`);
    }
  }
  return { lines, ok };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { lines, ok } = checkBundles(budgets, (path) => (existsSync(path) ? readFileSync(path) : null), parts);
  for (const line of lines) console.log(line);
  console.log(ok ? 'bundles: within their budgets' : 'bundles: over budget');
  process.exit(ok ? 0 : 1);
}
