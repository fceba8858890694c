// What is loaded at installation, besides the site's own files: Offing's worker and page library, and what a Workbox build of the same
// site loads for the same. All with brotli at its best, the list of the site's files in the worker included.
import { brotliCompressSync, constants } from 'node:zlib';
import { offingSite, readSite, workboxSite } from './pages.mjs';
import { count, table } from './measure.mjs';
import { Offing } from './offing.mjs';

const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
const brotli = (bytes) => brotliCompressSync(bytes, best).length;

export async function sizes() {
  const offing = await Offing.start({ site: offingSite() });
  const fetched = async (target) => Buffer.from(await (await fetch(offing.origin + target)).arrayBuffer());
  const workbox = await workboxSite();
  const ours = { worker: await fetched('/sw.js'), page: await fetched('/_offing/client.js') };
  const theirs = { worker: readSite(workbox, 'sw.js'), page: readSite(workbox, 'register.js') };
  offing.kill();
  const row = (name, { worker, page }) => {
    const [first, second] = [brotli(worker), brotli(page)];
    return [name, count(first), count(second), count(first + second), count(worker.length + page.length)];
  };
  table('sizes: what is loaded at installation besides the site, bytes', [
    ['', 'worker', 'page', 'together (brotli)', 'plain'],
    row('offing (precache, routes if any, live resources, socket)', ours),
    row('Workbox (workbox-precaching, workbox-window)', theirs),
  ]);
}
