// What the reader adds to its pages: the list of what is on this device, keeping and removing, seeking. How things are cached stands in
// offing.toml; here the caches are only looked at.
import { onState, onUpdate, persist, storage } from '/_offing/client.js';

const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const cacheOf = (name) => caches.open(`offing-run-${name}`);
const parse = async (response) => new DOMParser().parseFromString(await response.text(), 'text/html');
const folders = { audio: 'audio', img: 'images' };

// What an article shows and plays.
const partsOf = (article) =>
  [...article.querySelectorAll('article img, article audio')].map((node) => ({
    url: node.getAttribute('src'),
    cache: folders[node.localName],
  }));

// Asking is keeping: each answer passes the worker, and its routes say where it goes.
async function keep(path) {
  const article = await parse(await fetch(path));
  for (const { url } of partsOf(article)) await (await fetch(url)).arrayBuffer();
  // The worker answers first, and stores behind the answer.
  for (let tries = 0; tries < 30 && (await missing(path)); tries++)
    await new Promise((later) => setTimeout(later, 100));
}

async function remove(path) {
  const articles = await cacheOf('articles');
  const found = await articles.match(path);
  if (found) for (const { url, cache } of partsOf(await parse(found))) await (await cacheOf(cache)).delete(url);
  await articles.delete(path);
}

async function missing(path) {
  const found = await (await cacheOf('articles')).match(path);
  if (!found) return 1;
  const there = partsOf(await parse(found)).map(async ({ url, cache }) => (await cacheOf(cache)).match(url));
  return (await Promise.all(there)).filter((each) => !each).length;
}

async function row({ pathname }) {
  const article = await parse(await (await cacheOf('articles')).match(pathname));
  const [li, link, button] = ['li', 'a', 'button'].map((name) => document.createElement(name));
  link.href = pathname;
  link.textContent = article.querySelector('h1').textContent;
  button.type = 'button';
  button.textContent = 'Remove';
  button.setAttribute('aria-label', `Remove “${link.textContent}” from this device`);
  button.addEventListener('click', () => remove(pathname).then(list));
  li.append(link, button);
  return li;
}

async function list() {
  const keys = await (await cacheOf('articles')).keys();
  const rows = await Promise.all(keys.map(({ url }) => row(new URL(url))));
  if (rows.length) $('saved').replaceChildren(...rows);
  else $('saved').innerHTML = '<li class="quiet">Nothing yet.</li>';
  const { usage = 0, quota, persisted, caches: ours, warning } = await storage();
  const size = (bytes) => `${(bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 })} MB`;
  const bytes = ours.reduce((sum, each) => sum + each.bytes, 0);
  const room = quota ? `; the browser counts ${size(usage)}, and would give ${size(quota)}` : '';
  const stays = persisted
    ? 'It stays until you remove it.'
    : warning || 'The browser may remove it when space is short.';
  $('storage').textContent = `${size(bytes)} are kept${room}. ${stays}`;
}

async function tell() {
  const left = await missing(location.pathname);
  $('keep').hidden = left === 0;
  $('kept').textContent = left ? '' : 'On this device, with all its parts.';
  if (!left && $('player')) $('player').preload = 'metadata';
}

if ($('saved')) list();
if ($('keep')) {
  $('keep').addEventListener('click', async () => {
    $('kept').textContent = 'Keeping…';
    await keep(location.pathname).catch(() => {});
    void persist();
    await tell();
    if (!$('keep').hidden) $('kept').textContent = 'Some of it could not be had.';
  });
  tell();
}
for (const button of document.querySelectorAll('[data-seek]')) {
  button.addEventListener('click', () => {
    $('player').currentTime = Number(button.dataset.seek);
    $('player').play();
  });
}

// A correction of the site itself waits until the reader says so.
onUpdate(async () => {
  await import('/_offing/update.js');
  if (!document.querySelector('offing-update')) document.body.append(document.createElement('offing-update'));
});

onState(({ online, since }) => {
  $('status').dataset.state = online ? 'online' : 'offline';
  $('status-text').textContent = online ? 'online' : since ? `offline since ${clock.format(since)}` : 'offline';
});
