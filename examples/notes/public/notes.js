// The page. What is saved goes to the outbox, and what is shown is a live resource in which it is already there.
import { live, onState, outbox } from '/_offing/client.js';
import { html } from './markdown.js';

const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const fresh = () => ({ id: crypto.randomUUID(), rev: 'none', text: '' });
let notes = [];
let note = fresh(); // as it was when the editor began with it
let clash; // an entry whose note was changed elsewhere, too

function row(each) {
  const button = document.createElement('button');
  const title = Object.assign(document.createElement('b'), { textContent: /[^#\s].*/.exec(each.text)?.[0] ?? 'Empty' });
  const mark = each.id === clash?.note.id ? 'changed twice' : each.pending ? 'waits' : clock.format(each.at);
  button.append(title, ' ', mark);
  button.className = each.pending ? 'pending' : '';
  button.setAttribute('aria-current', String(each.id === note.id));
  button.onclick = () => edit(each);
  return button;
}

function show() {
  $('list').replaceChildren(...notes.map(row));
  $('empty').hidden = notes.length > 0;
  $('preview').innerHTML = html($('text').value);
  $('save').disabled = $('text').value === note.text;
  $('delete').hidden = note.rev === 'none';
}

function edit(each) {
  note = each;
  $('text').value = each.text;
  show();
}

// A write names the revision that it was made from, and the one that it makes: so the next one, too, can be made offline.
async function write(method, next, event) {
  const headers = { 'If-Match': `"${note.rev}"` };
  await outbox.post(`/notes/${next.id}`, next, {
    method,
    headers,
    patch: { resource: '/notes.json', event, data: next },
  });
}

async function save(event) {
  event.preventDefault();
  const next = { id: note.id, rev: crypto.randomUUID(), text: $('text').value, at: Date.now() };
  await write('PUT', next, 'note');
  note = next;
  show();
}

// A conflict waits for a person, and whatever was written to that note since waits behind it.
async function look() {
  const found = (await outbox.entries()).find(({ state, lane }) => state === 'conflict' && lane?.includes('/notes/'));
  const entry = found && (await outbox.entry(found.id));
  clash = undefined;
  if (entry) {
    const theirs = JSON.parse(await entry.result.body.text());
    const mine = entry.method === 'PUT' ? JSON.parse(await entry.body.text()) : { text: '' };
    clash = { ...entry, note: { ...mine, id: entry.url.split('/').pop() } };
    $('theirs').innerHTML = html(theirs?.text ?? '*It was deleted.*');
    $('merged').value = mine.text;
  }
  $('conflict').hidden = !clash;
  show();
}

async function settle(how) {
  const body = JSON.stringify({ ...clash.note, text: $('merged').value });
  const change = { body, headers: { 'If-Match': clash.result.headers.etag } };
  await outbox.resolve(clash.id, how, how === 'mine' ? change : {});
  await look();
}

live('/notes.json', (value, { pending }) => {
  notes = value.toSorted((a, b) => b.at - a.at);
  $('pending').textContent = pending ? `${pending} to be sent` : '';
  const now = notes.find(({ id }) => id === note.id);
  // What nobody has changed here follows.
  if (now && $('text').value === note.text) edit(now);
  else show();
});
onState(({ online, since }) => {
  $('status').dataset.state = online ? 'online' : 'offline';
  $('status-text').textContent = online ? 'online' : since ? `offline since ${clock.format(since)}` : 'offline';
});
for (const event of ['sent', 'conflict', 'rejected', 'discarded']) outbox.on(event, look);
look();

$('editor').onsubmit = save;
$('text').oninput = show;
$('new').onclick = () => (edit(fresh()), $('text').focus());
$('delete').onclick = () => write('DELETE', { id: note.id }, 'gone').then(() => edit(fresh()));
$('mine').onclick = () => settle('mine');
$('take').onclick = () => settle('theirs');
