// Notes in one file, behind Express. A write is a note, the key that it came with, and the event that tells of it: on the disk
// together, or not at all. So a write that comes twice changes nothing, and none goes untold.
import { existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { publish } from 'offing/server';
import { html } from './public/markdown.js';

const PLAIN = fileURLToPath(new URL('public/plain.html', import.meta.url));
const FILE = process.env.NOTES_FILE ?? fileURLToPath(new URL('../../build/notes.json', import.meta.url));
const PORT = Number(process.env.PORT ?? 3000);
const store = existsSync(FILE) ? JSON.parse(readFileSync(FILE)) : { notes: {}, answers: {}, events: [] };
const app = express();

function commit() {
  for (const key of Object.keys(store.answers).slice(0, -10_000)) delete store.answers[key];
  const file = openSync(`${FILE}.new`, 'w');
  writeFileSync(file, JSON.stringify(store));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${FILE}.new`, FILE);
}

// Tells Offing what was written, in order. An event is forgotten once Offing has it.
let telling = false;
async function tell() {
  if (telling) return;
  telling = true;
  for (let event; (event = store.events[0]);) {
    const { name, data, key } = event;
    const failed = await publish('notes', name, data, { key }).catch((error) => error);
    if (failed instanceof Error) await sleep(1_000, console.warn(`notes: ${failed.message}`));
    else commit(store.events.shift());
  }
  telling = false;
}

// Answers with what `work` says, [status, headers, event], and for a key that was here before with what it said then.
const once = (work) => (request, response) => {
  const key = request.get('Idempotency-Key')?.replaceAll('"', '') ?? crypto.randomUUID();
  let answer = store.answers[key];
  if (!answer) {
    const [status, headers, event] = work(request, key);
    answer = { status, headers, body: store.notes[request.params.id] ?? null };
    // Without an event nothing was written.
    if (event) commit((store.answers[key] = answer), store.events.push({ ...event, key }));
    void tell();
  }
  response.status(answer.status).set(answer.headers).json(answer.body);
};

function save(id, rev, text) {
  const note = { id, rev, text: String(text), at: Date.now() };
  store.notes[id] = note;
  return { name: 'note', data: note };
}

// Whoever writes names the revision that it was made from; "none": there was no such note.
const change = once(({ method, params: { id }, headers, body }) => {
  const tag = () => ({ ETag: `"${store.notes[id]?.rev ?? 'none'}"` });
  if (headers['if-match'] !== tag().ETag) return [412, tag()];
  const event = method === 'PUT' ? save(id, body.rev, body.text) : { name: 'gone', data: { id } };
  if (method === 'DELETE') delete store.notes[id];
  return [200, tag(), event];
});

const newestFirst = () => Object.values(store.notes).sort((a, b) => b.at - a.at);
app.use(express.json({ limit: '1mb' }), express.urlencoded({ limit: '1mb' }));
app.get('/notes.json', (_, response) => response.set('Cache-Control', 'no-cache').json(newestFirst()));
app.route('/notes/:id').put(change).delete(change);
// The plain form, for which the key is name enough.
const add = once(({ body }, key) => [303, { Location: '/plain' }, save(key, key, body.text)]);
app.post('/notes', add);
app.get('/plain', (_, response) => {
  const list = newestFirst().map(({ text }) => `<article class="card">${html(text)}</article>`);
  const page = readFileSync(PLAIN, 'utf8').replace('<!-- notes -->', () => list.join(''));
  response.set('Cache-Control', 'no-cache').send(page);
});
app.listen(PORT, '127.0.0.1', () => console.log(`notes: the app listens on http://127.0.0.1:${PORT}`));
void tell();
