// Ten cats, drawn in code: the same number is always the same cat.
const CATS = [
  ['Miso', 'ginger tabby', '#e9974f', '#c56a27', '#fce6cd', '#5f8f3c', '#fdebd8', '#d9745a', 'tabby'],
  ['Soot', 'black cat with a white bib', '#34363f', '#24262d', '#f4f1ec', '#d8a52a', '#dfe7ee', '#7a93ad', 'bib'],
  ['Pebble', 'grey tabby', '#9aa3ad', '#6b7580', '#eef0f2', '#4f9f83', '#e3efe9', '#7fae9c', 'tabby'],
  ['Dumpling', 'white cat with a patch', '#f7f2ea', '#8a6a52', '#ffffff', '#4b8fc4', '#e4dff2', '#a08fc9', 'patch'],
  ['Saffron', 'cream cat, asleep', '#f3cf9b', '#dba964', '#fff3df', '#000000', '#f9e3e1', '#d79a95', 'asleep'],
  ['Kelp', 'brown tabby', '#9b7a59', '#6a4f37', '#ecdcc6', '#7aa23a', '#e6ecd6', '#9aad6a', 'tabby'],
  ['Foam', 'Siamese cat', '#efe3d1', '#6b5344', '#f8f0e4', '#3f9bd8', '#dbeaf2', '#6fa6c4', 'points'],
  ['Biscuit', 'calico cat', '#f6efe5', '#d98a43', '#ffffff', '#a3772a', '#fbeccb', '#dfb24f', 'calico'],
  ['Inky', 'small black cat, asleep', '#3b3a48', '#2b2a36', '#565566', '#000000', '#e9e2ef', '#a78fb8', 'asleep'],
  ['Marmalade', 'striped orange cat', '#f0a350', '#b9521c', '#ffe9cf', '#3f8f8a', '#d9ecec', '#5fa3a1', 'tabby'],
];
export const COUNT = CATS.length;

const line = (d, color, width = 4) =>
  `<path d="${d}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round"/>`;
const oval = (x, y, rx, ry, fill) => `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${fill}"/>`;

// What grows on the head, clipped to it.
function marks(pattern, mark) {
  const brow = ['M160 52V86', 'M139 55Q143 72 144 82', 'M181 55Q177 72 176 82'];
  const stripes = [...brow, 'M84 118Q98 122 108 121', 'M236 118Q222 122 212 121'];
  if (pattern === 'tabby') return stripes.map((d) => line(d, mark, 9)).join('');
  if (pattern === 'patch') return oval(202, 96, 44, 40, mark);
  if (pattern === 'points') return oval(160, 152, 44, 42, mark);
  if (pattern === 'calico') return oval(112, 84, 46, 40, mark) + oval(212, 78, 38, 34, '#4a403b');
  return '';
}

const eye = (x, color) =>
  `${oval(x, 120, 15, 17, '#fff')}${oval(x, 121, 13, 15, color)}${oval(x, 122, 6, 12, '#1b1b22')}${oval(x + 4, 115, 4, 4, '#fff')}`;
const closed = (x) => line(`M${x - 14} 122Q${x} 134 ${x + 14} 122`, '#8a7a78', 4);

// An SVG of cat n.
export function drawCat(n) {
  const [name, kind, fur, mark, light, eyes, wall, rug, pattern] = CATS[n % COUNT];
  const asleep = pattern === 'asleep';
  const tips = pattern === 'points' ? mark : fur;
  const ear = (d, inner) =>
    `<path d="${d}" fill="${tips}" stroke="${tips}" stroke-width="10" stroke-linejoin="round"/><path d="${inner}" fill="#e8a0a0" opacity=".75"/>`;
  const whiskers = ['M108 146L58 138', 'M108 153L56 157', 'M212 146L262 138', 'M212 153L264 157'];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 320" width="640" height="640" role="img">
<title>${name}, a ${kind}</title><defs><clipPath id="head"><ellipse cx="160" cy="124" rx="80" ry="66"/></clipPath></defs>
<rect width="320" height="320" fill="${wall}"/>${oval(160, 318, 190, 52, rug)}${oval(160, 318, 150, 34, '#fff3')}
${line(n % 2 ? 'M214 282C292 288 296 214 262 196' : 'M106 282C28 288 24 214 58 196', tips, 24)}
<path d="M92 306C84 224 116 172 160 172S236 224 228 306Q160 318 92 306Z" fill="${fur}"/>
${pattern === 'tabby' ? ['M98 246q16 6 26 2', 'M95 270q16 6 26 2', 'M222 246q-16 6-26 2', 'M225 270q-16 6-26 2'].map((d) => line(d, mark, 8)).join('') : ''}
${pattern === 'calico' ? oval(206, 246, 20, 30, mark) : ''}${oval(160, 238, 36, 50, light)}
${[130, 190].map((x) => oval(x, 303, 27, 15, pattern === 'bib' ? light : tips) + line(`M${x - 7} 299v8M${x + 7} 299v8`, '#0003', 3)).join('')}
${ear('M92 92L88 34L142 66Z', 'M100 78L98 50L124 66Z')}${ear('M228 92L232 34L178 66Z', 'M220 78L222 50L196 66Z')}
${oval(160, 124, 80, 66, fur)}<g clip-path="url(#head)">${marks(pattern, mark)}${pattern === 'points' ? '' : oval(160, 166, 46, 30, light)}</g>
${asleep ? closed(124) + closed(196) : eye(124, eyes) + eye(196, eyes)}
<path d="M150 141h20q3 0 1 3l-8 8q-3 3-6 0l-8-8q-2-3 1-3Z" fill="#d9757f"/>
${line('M160 154v6M160 160Q150 172 139 165M160 160Q170 172 181 165', pattern === 'points' ? '#fff8' : '#0007', 3)}
${whiskers.map((d) => line(d, pattern === 'bib' ? '#fffc' : '#0005', 2)).join('')}
${line('M112 186Q160 214 208 186', rug, 11)}${oval(160, 205, 9, 9, '#f2c84b')}${oval(160, 208, 2.5, 2.5, '#7a5a10')}
${asleep ? `<g fill="${rug}" font-family="Georgia,serif" font-style="italic"><text x="252" y="72" font-size="34">z</text><text x="276" y="46" font-size="24">z</text></g>` : ''}
</svg>`;
}
