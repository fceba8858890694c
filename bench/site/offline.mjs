// Opening a page offline in Chromium, from the start of the navigation to its load event, with the server killed: cold, when the worker
// is not running, and warm, when it is. The two sites take turns in one browser.
import { launch } from '../../tests/lib/pages.mjs';
import { until } from '../../tests/lib/until.mjs';
import { median, ratio, table } from './measure.mjs';
import { Offing } from './offing.mjs';
import { offingSite, workboxSite } from './pages.mjs';

const TARGET = '/article-7/';
const INSTALLED = `(async () => {
  await navigator.serviceWorker.ready;
  const caches_ = await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).length));
  return Boolean(navigator.serviceWorker.controller) && Math.max(0, ...caches_) >= 23;
})()`;
const LOADED = `(() => { const [entry] = performance.getEntriesByType('navigation'); return entry.loadEventEnd || null; })()`;

async function opened(page, url) {
  await page.goto('about:blank');
  const failure = await page.goto(url);
  if (failure) throw new Error(`${url} did not open: ${failure}`);
  const ms = await until('the load event has ended', () => page.eval(LOADED), { every: 5 });
  const ready = await page.eval('document.documentElement.dataset.ready');
  if (ready !== '1') throw new Error(`${url} opened without its script`);
  return ms;
}

// Installs the site at `server` and takes the server away.
async function installed(browser, server) {
  const page = await browser.newPage();
  const url = `http://localhost:${server.port}${TARGET}`;
  await page.goto(url);
  await until('the site is installed', () => page.eval(INSTALLED), { timeout: 20_000 });
  server.kill();
  await until('the server is gone', () =>
    fetch(server.origin).then(
      () => false,
      () => true,
    ),
  );
  return { page, url };
}

export async function offline({ opens }) {
  const sites = { offing: offingSite(), Workbox: await workboxSite() };
  const browser = await launch('chromium');
  const subjects = [];
  for (const [name, site] of Object.entries(sites)) {
    const server = await Offing.start({ site });
    subjects.push({ name, cold: [], warm: [], ...(await installed(browser, server)) });
  }
  for (let round = 0; round < opens; ++round) {
    for (const { page, url, cold, warm } of subjects) {
      await page.goto('about:blank');
      await browser.stopWorkers();
      cold.push(await opened(page, url));
      warm.push(await opened(page, url));
    }
  }
  await browser.close();
  const [ours, theirs] = subjects;
  const rows = ['cold', 'warm'].map((kind) => {
    const [a, b] = [median(ours[kind]), median(theirs[kind])];
    return [kind, `${a.toFixed(0)} ms`, `${b.toFixed(0)} ms`, ratio(a / b)];
  });
  table(`offline: a page in Chromium from navigation to load, the server killed, medians of ${opens}`, [
    ['', 'offing', 'Workbox', 'to Workbox'],
    ...rows,
  ]);
}
