// As much Markdown as notes need. What is not Markdown is text: no HTML of the writer's gets through.
const escape = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const spans = (text) =>
  escape(text)
    .replace(/\[([^\]]+)\]\((https?:[^\s)]+)\)/g, '<a href="$2" rel="noopener">$1</a>')
    .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replace(/\*(.+?)\*/g, '<em>$1</em>');
const code = (text) => `<code>${escape(text)}</code>`;
const inline = (text) => text.split(/`([^`]+)`/).map((part, at) => (at % 2 ? code : spans)(part)).join(''); // prettier-ignore

// What a line is, by how it begins.
const KINDS = [
  [/^(#{1,5}) +(.*)/, (rest, marks) => [`h${marks.length + 1}`, inline(rest)]],
  [/^([-*]) +(.*)/, (rest) => ['ul', `<li>${inline(rest)}</li>`]],
  [/^(\d+)[.)] +(.*)/, (rest) => ['ol', `<li>${inline(rest)}</li>`]],
  [/^(>) ?(.*)/, (rest) => ['blockquote', `${inline(rest)}<br>`]],
  [/^(.)(.*)/, (rest, first) => ['p', `${inline(first + rest)}\n`]],
  [/^()()$/, () => ['', '']],
];

function blocks(text) {
  let open = '';
  const lines = text.split('\n').map((line) => {
    const [pattern, make] = KINDS.find(([each]) => each.test(line.trim()));
    const [, first, rest] = pattern.exec(line.trim());
    const [tag, content] = make(rest, first);
    const goesOn = tag === open && tag[0] !== 'h';
    const edge = goesOn ? '' : (open && `</${open}>`) + (tag && `<${tag}>`);
    open = tag;
    return edge + content;
  });
  return lines.join('') + (open && `</${open}>`);
}

export const html = (text) =>
  text.split(/^```.*\n?/m).map((part, at) => (at % 2 ? `<pre>${code(part)}</pre>` : blocks(part))).join(''); // prettier-ignore
