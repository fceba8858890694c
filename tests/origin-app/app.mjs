// Somebody else's server: Express, a store of its own in a file, and Pusher's own server library. It keeps one list of items, newest first, and
// shows it at /feed.json. FORM says how it keeps Offing informed:
//   keyed   it stores an item, then publishes it
//   exact   it publishes an item and stores it together with the position that the publication got, and states that position
// What stands below /test/ is for the tests: they hold an answer while events are published.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import express from 'express';
import Pusher from 'pusher';

const { FORM = 'keyed', PORT, PUBLIC, STORE } = process.env;
const LIMIT = 600;

// Items and position are written together or not at all.
const store = existsSync(STORE) ? JSON.parse(readFileSync(STORE, 'utf8')) : { items: [], position: '0:0' };
function commit(change) {
  Object.assign(store, change);
  writeFileSync(`${STORE}.new`, JSON.stringify(store));
  renameSync(`${STORE}.new`, STORE);
}

let pusher;
const publish = async (name, items) => {
  const batch = items.map((item) => ({ channel: 'feed', name, data: JSON.stringify(item) }));
  const answer = await (await pusher.triggerBatch(batch)).json();
  return answer.batch.at(-1).event_id;
};

// One write after the other, so that positions are stored in their order.
let turn = Promise.resolve();
const inTurn = (write) => (turn = turn.then(write, write));

const held = { before: [], after: [] }; // answers that wait, by where they wait
let holding; // where an answer waits: before its body is read, or after
let asked = 0;
const wait = (where) => holding === where && new Promise((resolve) => held[where].push(resolve));

const app = express();
app.use(express.json({ limit: '5mb' }));
app.get('/', (request, response, next) => (PUBLIC ? next() : response.send('an app')));
app.get('/feed.json', async (request, response) => {
  if (Object.keys(request.query).length) return response.json({ query: request.query });
  asked++;
  await wait('before');
  const { items, position } = store;
  const body = items.slice(0, LIMIT);
  await wait('after');
  if (FORM === 'exact' && !request.app.locals.silent) response.set('Offing-Position', position);
  if (request.app.locals.cache) response.set('Cache-Control', request.app.locals.cache);
  response.json(body);
});
app.post('/feed.json', (request, response) => response.status(201).json({ posted: request.body }));
app.delete('/feed.json', (request, response) => response.status(204).end());
app.get('/rooms/:id/feed.json', (request, response) => {
  if (request.params.id === 'none') return response.status(404).json({ error: 'no such room' });
  if (request.params.id === 'html') return response.send('<p>a page</p>');
  return response.json([{ n: request.params.id }]);
});

// [{n, text}, …], oldest first.
app.post('/items', async (request, response) => {
  const items = request.body;
  const newest = [...items].reverse();
  await inTurn(async () => {
    if (FORM === 'exact') {
      const position = await publish('item', items);
      commit({ items: [...newest, ...store.items], position });
    } else {
      commit({ items: [...newest, ...store.items] });
      await publish('item', items);
    }
  });
  response.status(201).end();
});
app.delete('/items/:n', async (request, response) => {
  const n = Number(request.params.n);
  const without = () => ({ items: store.items.filter((item) => item.n !== n) });
  await inTurn(async () => {
    if (FORM === 'exact') {
      const position = await publish('gone', [n]);
      commit({ ...without(), position });
    } else {
      commit(without());
      await publish('gone', [n]);
    }
  });
  response.status(204).end();
});

app.post('/test/server', ({ body: { host, port, app: theirs } }, response) => {
  const { id: appId, key, secret } = theirs;
  pusher = new Pusher({ appId, key, secret, host, port: String(port), useTLS: false });
  response.end();
});
app.post('/test/hold', ({ body: { where } }, response) => {
  holding = where;
  for (const place of ['before', 'after']) {
    if (place !== where) for (const release of held[place].splice(0)) release();
  }
  response.end();
});
app.post('/test/answer', ({ app: { locals }, body }, response) => {
  Object.assign(locals, { silent: false, cache: undefined }, body);
  response.end();
});
app.get('/test/state', (request, response) =>
  response.json({ asked, held: held.before.length + held.after.length, items: store.items.slice(0, LIMIT) }),
);
if (PUBLIC) app.use(express.static(PUBLIC));
app.listen(Number(PORT), '127.0.0.1');
