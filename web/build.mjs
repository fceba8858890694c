// Builds what browsers load into web/dist, and the npm package `offing` into web/packages/offing/dist.
//
//   worker.js         classic script; starts itself with self.__OFFING      (in /sw.js)
//   worker.routes.js  classic script; in front of it if CONFIG.parts says so (in /sw.js)
//   worker.safety.js  classic script; in its place while the kill switch is on
//   worker.mjs        the worker's parts and `config` from self.__OFFING    (/_offing/worker.js)
//   client.mjs        the page library                                      (/_offing/client.js)
//   update.mjs        <offing-update>, beside the page library              (/_offing/update.js)
//   types/            declarations
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { addedSize, brotliSize } from '../tools/check_bundles.mjs';

const web = fileURLToPath(new URL('.', import.meta.url));
const dist = join(web, 'dist');
const published = join(web, 'packages/offing/dist');

// Budgets in bytes of brotli, over everything that is loaded at installation and by a page. The module is for workers that
// an app writes itself: it holds every part, and the names that Workbox has for them. A part weighs what it adds to the
// worker that it stands in front of.
const bundles = [
  { entry: 'worker/src/classic.ts', file: 'worker.js', format: 'iife', budget: 12_288 },
  { entry: 'worker/src/routes/part.ts', file: 'worker.routes.js', format: 'iife', budget: 2_700, before: 'worker.js' },
  { entry: 'worker/src/safety.ts', file: 'worker.safety.js', format: 'iife', budget: 256 },
  { entry: 'worker/src/index.ts', file: 'worker.mjs', format: 'esm', budget: 15_360 },
  { entry: 'client/src/index.ts', file: 'client.mjs', format: 'esm', budget: 3_072 },
  { entry: 'client/src/update-element.ts', file: 'update.mjs', format: 'esm', budget: 1_024 },
];

// An element uses the library that the page has loaded.
const besideTheLibrary = {
  name: 'beside the library',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/index\.ts$/ }, ({ importer }) =>
      importer.endsWith('-element.ts') ? { path: '/_offing/client.js', external: true } : undefined,
    ),
};

rmSync(dist, { recursive: true, force: true });
rmSync(published, { recursive: true, force: true });
let over = false;
for (const { entry, file, format, budget, before } of bundles) {
  const outfile = join(dist, file);
  await build({
    entryPoints: [join(web, 'packages', entry)],
    outfile,
    format,
    bundle: true,
    minify: true,
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [besideTheLibrary],
  });
  const bytes = readFileSync(outfile);
  const size = before ? addedSize(bytes, readFileSync(join(dist, before))) : brotliSize(bytes);
  over ||= size > budget;
  console.log(
    `${file.padEnd(16)} ${String(bytes.length).padStart(6)} bytes, ${String(size).padStart(6)} brotli of ${budget}`,
  );
}

// Declarations: one folder per package, and relative imports between them, so that they stand by themselves.
const tsc = join(web, '../node_modules/typescript/bin/tsc');
for (const name of ['protocol', 'worker', 'client']) {
  const outDir = join(dist, 'types', name);
  const options = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--outDir', outDir];
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(web, 'packages', name), ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
  for (const file of readdirSync(outDir, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    const text = readFileSync(join(outDir, file), 'utf8');
    const protocol = `${'../'.repeat(file.split(sep).length)}protocol/index.ts`;
    writeFileSync(join(outDir, file), text.replaceAll('@offing/protocol', protocol).replace(/\.ts';$/gm, ".js';"));
  }
}
for (const name of ['client.mjs', 'worker.mjs', 'types'])
  cpSync(join(dist, name), join(published, name), { recursive: true });
const element = readFileSync(join(dist, 'update.mjs'), 'utf8');
writeFileSync(join(published, 'update.mjs'), element.replace('/_offing/client.js', './client.mjs'));
if (over) {
  console.error('web: a bundle is over its budget');
  process.exit(1);
}
