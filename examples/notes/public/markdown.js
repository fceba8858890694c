// As much Markdown as notes need. What is not Markdown is text: no HTML of the writer's gets through.
const escape = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const code = (text) => `<code>${escape(text)}</code>`;
const spans = (text) =>
  escape(text)
    .replace(/\[([^\]]+)\]\((https?:[^\s)]+)\)/g, '<a href="$2" rel="noopener">$1</a>')
    .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replace(/\*(.+?)\*/g, '<em>$1</em>');
const alternate = (parts, even, odd) => parts.map((part, at) => (at % 2 ? odd : even)(part)).join('');
const inline = (text) => alternate(text.split(/`([^`]+)`/), spans, code);

// What a line is, by how it begins.
const LINES = [
  [/^(#{1,5}) +(.*)/, (marks) => `h${marks.length + 1}`],
  [/^([-*]) +(.*)/, () => 'ul'],
  [/^(\d+)[.)] +(.*)/, () => 'ol'],
  [/^(>) ?(.*)/, () => 'blockquote'],
  [/^()(.*)/, () => 'p'],
];

function blocks(text) {
  let open = '';
  const lines = text.split('\n').map((line) => {
    const [pattern, tagOf] = LINES.find(([each]) => each.test(line.trim()));
    const [, mark, rest] = pattern.exec(line.trim());
    const tag = rest && tagOf(mark);
    const edge = tag === open && tag[0] !== 'h' ? '' : (open && `</${open}>`) + (tag && `<${tag}>`);
    open = tag;
    return edge + (/l$/.test(tag) ? `<li>${inline(rest)}</li>` : `${inline(rest)}\n`);
  });
  return lines.join('') + (open && `</${open}>`);
}

export const html = (text) => alternate(text.split(/^```.*\n?/m), blocks, (part) => `<pre>${code(part)}</pre>`);
