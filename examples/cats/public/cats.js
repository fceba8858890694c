// The whole page. No worker code: offing.toml says that /cat is shown from the cache and renewed behind it.
import { onChanged, onState } from '/_offing/client.js';

const $ = (id) => document.getElementById(id);
const workers = navigator.serviceWorker;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
let shown = '';

// The picture says in its title whom it shows.
async function show(response) {
  const drawing = await response.text();
  if (drawing === shown) return;
  const title = new DOMParser().parseFromString(drawing, 'image/svg+xml').querySelector('title').textContent;
  const image = $('cat');
  image.classList.toggle('arrived', shown !== '');
  image.src = URL.createObjectURL(new Blob([drawing], { type: 'image/svg+xml' }));
  image.onload = () => URL.revokeObjectURL(image.src);
  image.alt = title;
  $('name').textContent = title.split(',')[0];
  $('when').textContent = `drawn at ${clock.format(new Date(response.headers.get('date')))}`;
  shown = drawing;
}

// Answered by the cache at once, if the worker has a copy; asking is what renews it.
const ask = () => fetch('/cat').then(show, () => ($('name').textContent ||= 'No cat was here yet'));

onChanged(async ({ url }) => new URL(url, location).pathname === '/cat' && show(await caches.match('/cat')));

// The first visit began before there was a worker: what it loaded goes through the worker once more, to be kept.
if (!workers.controller) {
  workers.addEventListener('controllerchange', keep, { once: true });
}
function keep() {
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
  for (const url of new Set([location.pathname, ...loaded])) fetch(url).catch(() => {});
}

onState(({ online, since }) => {
  $('status').dataset.state = online ? 'online' : 'offline';
  $('status-text').textContent = online ? 'online' : since ? `offline since ${clock.format(since)}` : 'offline';
});

$('next').addEventListener('click', ask);
setInterval(() => document.hidden || ask(), 10_000);
ask();
