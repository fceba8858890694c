// Shows the feed, and notes for the tests what it was told.
import { live, onState } from '/_offing/client.js';

const { dataset } = document.body;
const list = document.getElementById('feed');
dataset.script = '1';
dataset.news = '0';
globalThis.calls = [];

live('/feed.json', (items, { position, added, reset, live: isLive }) => {
  calls.push({ position, added, reset, length: items.length });
  dataset.news = String(Number(dataset.news) + added);
  dataset.live = String(isLive);
  dataset.position = position;
  list.replaceChildren(
    ...items.map((item) => {
      const row = document.createElement('li');
      row.textContent = typeof item === 'string' ? item : JSON.stringify(item);
      return row;
    }),
  );
});

onState(({ online, socket }) => {
  dataset.online = String(online);
  dataset.socket = socket;
});
