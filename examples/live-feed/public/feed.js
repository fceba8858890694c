// The whole app: one live resource, shown as a list. No worker code, no socket code, no cache code.
import { live, onState } from '/_offing/client.js';

const $ = (id) => document.getElementById(id);
const feed = $('feed');
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

let shown = []; // what the list shows
let latest = []; // what the resource holds
let fresh = 0; // how many events the reader has not seen yet

// "2026-11-21 10:40:02 upgrade libssl3:amd64 3.0.21-1 3.0.22-1"
function parse(line) {
  const [date, time, action, name, before, after] = String(line).split(' ');
  const [pkg, arch] = (name ?? '').split(':');
  return { date, time: time?.slice(0, 5), action, pkg, arch, before, after };
}

function versions({ action, before, after }) {
  if (action === 'upgrade') return `${before} → ${after}`;
  if (action === 'install') return after;
  return before;
}

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function row(line, isNew) {
  const item = parse(line);
  const li = element('li', isNew ? 'new' : '');
  const name = element('span', 'package');
  name.append(element('b', '', item.pkg), element('span', 'version', versions(item)));
  li.append(element('span', `action ${item.action}`, item.action), name, element('time', '', item.time));
  return li;
}

function render(newCount = 0) {
  const wanted = $('filter').value.trim().toLowerCase();
  const groups = [];
  let rows = 0;
  shown.forEach((line, index) => {
    const { date, pkg } = parse(line);
    if (wanted && !pkg?.toLowerCase().includes(wanted)) return;
    if (groups.at(-1)?.date !== date) groups.push({ date, list: element('ol') });
    groups.at(-1).list.append(row(line, index < newCount));
    rows += 1;
  });
  const nodes = groups.flatMap(({ date, list }) => [
    element('h2', '', dayName.format(new Date(`${date}T12:00`))),
    list,
  ]);
  if (!rows)
    nodes.push(element('p', 'empty', wanted ? `Nothing called “${wanted}” here.` : 'Nothing was installed yet.'));
  feed.replaceChildren(...nodes);
  feed.setAttribute('aria-busy', 'false');
  feed.dataset.rows = String(rows);
  $('count').textContent = `${rows.toLocaleString()} ${rows === 1 ? 'change' : 'changes'}`;
}

function showFresh() {
  const added = fresh;
  fresh = 0;
  shown = latest;
  $('fresh').hidden = true;
  document.title = 'What this machine installed';
  render(added);
}

live('/feed.json', (items, { added }) => {
  const first = feed.getAttribute('aria-busy') === 'true';
  latest = items;
  fresh = Math.min(fresh + added, items.length);
  if (first || !shown.length) return showFresh();
  if (!fresh) return;
  $('fresh').textContent = `${fresh.toLocaleString()} new`;
  $('fresh').hidden = false;
  document.title = `(${fresh}) What this machine installed`;
});

onState(({ online, since }) => {
  $('status').dataset.state = online ? 'live' : 'offline';
  $('status-text').textContent = online ? 'live' : since ? `offline since ${clock.format(since)}` : 'offline';
});

$('fresh').addEventListener('click', () => {
  showFresh();
  scrollTo({ top: 0, behavior: 'smooth' });
});
$('filter').addEventListener('input', () => render());
