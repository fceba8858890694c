// The whole app: one live resource, and publishing to its channel. No server code, no worker code, no socket code.
import { live, onState, outbox, publish } from '/_offing/client.js';

const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// A message that waits has neither the server's time nor its key yet.
function row({ name, text, at, pending }, before) {
  const li = element('li', `${name === $('name').value ? 'mine' : ''} ${pending ? 'pending' : ''}`);
  const goesOn = before?.name === name && at - before.at < 120_000;
  if (!goesOn) li.append(element('b', '', name));
  li.append(element('p', '', text), element('span', 'when', pending ? 'waits for the network' : clock.format(at)));
  return li;
}

live('/room.json', (messages) => {
  const room = $('room');
  const atEnd = room.scrollTop + room.clientHeight > room.scrollHeight - 40;
  const nodes = messages.flatMap((message, index) => {
    const before = messages[index - 1];
    const day = message.at && dayName.format(message.at);
    const isNew = day && day !== (before?.at && dayName.format(before.at));
    return [...(isNew ? [element('li', 'day', day)] : []), row(message, isNew ? undefined : before)];
  });
  room.replaceChildren(...nodes);
  $('empty').hidden = messages.length > 0;
  if (atEnd) room.scrollTop = room.scrollHeight;
});

onState(({ online, since }) => {
  $('status').dataset.state = online ? 'online' : 'offline';
  $('status-text').textContent = online ? 'online' : since ? `offline since ${clock.format(since)}` : 'offline';
});

// One who writes too much, or too long a message, is told so by the server.
outbox.on('rejected', ({ result }) => ($('status-text').textContent = `a message was refused (${result?.status})`));

$('name').value = localStorage.chatName ?? '';
$('name').onchange = () => (localStorage.chatName = $('name').value);
$('form').onsubmit = async (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (!text) return;
  await publish('room', 'message', { name: $('name').value, text });
  $('text').value = '';
  $('room').scrollTop = $('room').scrollHeight;
};
