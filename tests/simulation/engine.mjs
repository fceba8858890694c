// The outbox as the worker and the pages have it, in one module that Node loads.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const engine = join(root, 'build/simulation/outbox.mjs');

export const buildEngine = () =>
  build({
    entryPoints: [join(root, 'web/packages/outbox/src/index.ts')],
    outfile: engine,
    bundle: true,
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
