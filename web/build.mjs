// Builds what browsers load into web/dist, and the npm package `offing` into web/packages/offing/dist.
//
//   worker.js         classic script; starts itself with self.__OFFING      (in /sw.js)
//   worker.NAME.js    classic scripts, its parts; in front of it if CONFIG.parts names them (in /sw.js)
//   outbox.mjs        the outbox for pages without a worker                 (/_offing/outbox.js)
//   worker.safety.js  classic script; in its place while the kill switch is on
//   worker.mjs        the worker's parts and `config` from self.__OFFING    (/_offing/worker.js)
//   client.mjs        the page library                                      (/_offing/client.js)
//   update.mjs        <offing-update>, beside the page library              (/_offing/update.js)
//   outbox-element.mjs  <offing-outbox>, beside it as well                  (/_offing/outbox-element.js)
//   types/            declarations
//
// and, in the npm package alone, server.mjs for Node.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';
import { budgets, checkBundles, compositions } from '../tools/check_bundles.mjs';
import { shorten } from './shorten.mjs';

const web = fileURLToPath(new URL('.', import.meta.url));
const dist = join(web, 'dist');
const published = join(web, 'packages/offing/dist');

// What they may weigh stands in tools/check_bundles.mjs.
const bundles = [
  { entry: 'worker/src/classic.ts', file: 'worker.js', format: 'iife' },
  { entry: 'worker/src/json-patch-part.ts', file: 'worker.json-patch.js', format: 'iife' },
  { entry: 'worker/src/outbox/part.ts', file: 'worker.outbox.js', format: 'iife' },
  { entry: 'worker/src/routes/part.ts', file: 'worker.routes.js', format: 'iife' },
  { entry: 'worker/src/safety.ts', file: 'worker.safety.js', format: 'iife' },
  { entry: 'worker/src/index.ts', file: 'worker.mjs', format: 'esm' },
  { entry: 'outbox/src/page.ts', file: 'outbox.mjs', format: 'esm' },
  { entry: 'client/src/index.ts', file: 'client.mjs', format: 'esm' },
  { entry: 'client/src/update-element.ts', file: 'update.mjs', format: 'esm' },
  { entry: 'client/src/outbox-element.ts', file: 'outbox-element.mjs', format: 'esm' },
];

// esbuild bundles; Terser, which looks longer, makes some 3 % less of it than esbuild would.
const minifying = {
  compress: { ecma: 2022, passes: 3, keep_fargs: false, unsafe_arrows: true, inline: 1, sequences: false },
  ecma: 2022,
  format: { comments: false },
};

// An element uses the library that the page has loaded.
const besideTheLibrary = {
  name: 'beside the library',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/index\.ts$/ }, ({ importer }) =>
      importer.endsWith('-element.ts') ? { path: '/_offing/client.js', external: true } : undefined,
    ),
};

const packages = join(web, 'packages');
const short = shorten(
  [join(packages, 'protocol/src'), join(packages, 'outbox/src'), join(packages, 'worker/src')],
  join(packages, 'worker/tsconfig.json'),
);
// In classic scripts: nobody imports names from them.
const shortNames = {
  name: 'short names',
  setup: ({ onLoad }) => onLoad({ filter: /src\/.*\.ts$/ }, ({ path }) => ({ contents: short(path), loader: 'ts' })),
};

rmSync(dist, { recursive: true, force: true });
rmSync(published, { recursive: true, force: true });
mkdirSync(dist);
for (const { entry, file, format } of bundles) {
  const { outputFiles } = await build({
    entryPoints: [join(packages, entry)],
    write: false,
    format,
    bundle: true,
    minifySyntax: true,
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    ...(format === 'iife'
      ? { plugins: [shortNames], tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } } }
      : { plugins: [besideTheLibrary] }),
  });
  const { code } = await minify(outputFiles[0].text, { ...minifying, toplevel: true, module: format === 'esm' });
  writeFileSync(join(dist, file), code);
}
const { lines, ok } = checkBundles(budgets, (path) => readFileSync(join(web, '..', path)), compositions);
for (const line of lines) console.log(line);

// Declarations: one folder per package, and relative imports between them, so that they stand by themselves.
const tsc = join(web, '../node_modules/typescript/bin/tsc');
for (const name of ['protocol', 'outbox', 'worker', 'client', 'server']) {
  const outDir = join(dist, 'types', name);
  const options = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--outDir', outDir];
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(packages, name), ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
  for (const file of readdirSync(outDir, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    const text = readFileSync(join(outDir, file), 'utf8');
    const up = '../'.repeat(file.split(sep).length);
    writeFileSync(
      join(outDir, file),
      text.replace(/@offing\/(\w+)/g, `${up}$1/index.ts`).replace(/\.ts';$/gm, ".js';"),
    );
  }
}
for (const name of ['client.mjs', 'worker.mjs', 'types'])
  cpSync(join(dist, name), join(published, name), { recursive: true });
for (const name of ['update.mjs', 'outbox-element.mjs']) {
  const element = readFileSync(join(dist, name), 'utf8');
  writeFileSync(join(published, name), element.replace('/_offing/client.js', './client.mjs'));
}
await build({
  entryPoints: [join(web, 'packages/server/src/index.ts')],
  outfile: join(published, 'server.mjs'),
  format: 'esm',
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'utf8',
  logLevel: 'warning',
});
if (!ok) {
  console.error('web: a bundle is over its budget');
  process.exit(1);
}
