// Type-checks every package, bundles the tests and runs them under node:test. `node web/test.mjs [PATTERN]`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { shorten } from './shorten.mjs';

const web = fileURLToPath(new URL('.', import.meta.url));
const root = join(web, '..');
const out = join(root, 'build/web/test');
const reporter = join(root, 'tests/lib/reporter.mjs');
const wanted = process.argv[2] ?? '';

const run = (command, args) => spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
const packages = readdirSync(join(web, 'packages')).filter((name) =>
  existsSync(join(web, 'packages', name, 'tsconfig.json')),
);

let failed = 0;
for (const project of [...packages.map((name) => join(web, 'packages', name)), join(web, 'tsconfig.test.json')]) {
  failed |= run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]);
}

// The sources as the worker's classic builds have them.
const short = join(root, 'build/web/short');
const folders = ['protocol/src', 'worker/src'].map((folder) => join(web, 'packages', folder));
const text = shorten(folders, join(web, 'packages/worker/tsconfig.json'));
rmSync(short, { recursive: true, force: true });
for (const folder of folders) {
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'))) {
    const path = join(short, folder.slice(join(web, 'packages').length), file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text(join(folder, file)));
  }
}
const tsconfig = {
  extends: join(web, 'packages/worker/tsconfig.json'),
  compilerOptions: { paths: { '@offing/protocol': ['./protocol/src/index.ts'] } },
  include: ['.'],
};
writeFileSync(join(short, 'tsconfig.json'), JSON.stringify(tsconfig));
if (run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', short])) {
  failed = 1;
  console.error('web: a name is short in one place and not in another: give that object its type (shorten.mjs)');
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const tests = packages.flatMap((name) => {
  const dir = join(web, 'packages', name, 'test');
  try {
    return readdirSync(dir)
      .filter((file) => file.endsWith('.test.ts') && `${name}/${file}`.includes(wanted))
      .map((file) => join(dir, file));
  } catch {
    return [];
  }
});
if (tests.length === 0) throw new Error(`no test matches ${wanted}`);
await build({
  entryPoints: tests,
  bundle: true,
  outdir: out,
  outbase: join(web, 'packages'),
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  outExtension: { '.js': '.mjs' },
  // Workbox's modules are many times larger, and talk to the console, unless this is a release.
  define: { ROOT: JSON.stringify(root), 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
});
const bundled = tests.map((file) => join(out, file.slice(join(web, 'packages').length).replace(/\.ts$/, '.mjs')));
failed |= run(process.execPath, ['--enable-source-maps', '--test', `--test-reporter=${reporter}`, ...bundled]);
process.exit(failed ? 1 : 0);
