// The folder that both servers serve. Every file has the same time, so that dates can be written into cases.
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { tempFolder } from '../lib/ending.mjs';

export const CHANGED = 'Sun, 06 Nov 1994 08:49:37 GMT';
export const EARLIER = 'Sat, 05 Nov 1994 08:49:37 GMT';
export const TEXT = '0123456789abcdefghij';
export const SECRET = 'must never be served';
// Sizes around which a server may change its ways: pages of memory, buffers, what is sent in one piece.
export const SIZES = [
  1, 4095, 4096, 4097, 16_384, 16_385, 65_535, 65_536, 65_537, 262_144, 262_145, 2_097_152, 2_097_153,
];

const words = 'the sea is wide and the server stands at its edge; ';
export const LONG = words.repeat(400);
export const PRECOMPRESSED = 'export const stands = "beside its compressed files";\n'.repeat(100);

// Bytes that tell where they stand, so that a wrong part is seen.
export function pattern(size) {
  const text = Buffer.alloc(size);
  for (let at = 0; at < size; at += 8) text.write(String(at).padStart(7, '.') + '\n', at, 'latin1');
  return text;
}

const FILES = {
  'index.html': '<!doctype html><title>home</title>',
  'docs/index.html': '<!doctype html><title>docs</title>',
  'docs/deep/page.html': '<!doctype html><title>page</title>',
  'bare/file.txt': 'a folder without an index',
  'spaced name/index.html': '<!doctype html><title>spaced</title>',
  'text.txt': TEXT,
  'long.txt': LONG,
  'long.html': `<!doctype html><title>long</title>${LONG}`,
  'long.css': `a{color:red}/*${LONG}*/`,
  'long.js': `/*${LONG}*/`,
  'long.json': JSON.stringify(LONG),
  'long.svg': `<svg xmlns="http://www.w3.org/2000/svg"><desc>${LONG}</desc></svg>`,
  'long.png': LONG,
  'long.woff2': LONG,
  'app.js': 'export {};\n',
  'module.mjs': 'export {};\n',
  'style.css': 'a{}',
  'data.json': '{}',
  'image.png': '\x89PNG',
  'font.woff2': 'wOF2',
  'module.wasm': '\0asm',
  'site.webmanifest': '{}',
  noextension: 'x',
  'unknown.xyz': 'x',
  'UPPER.TXT': 'upper',
  'a b.txt': 'space',
  'ünï.txt': 'umlaut',
  'plus+sign.txt': 'plus',
  'semi;colon.txt': 'semi',
  '50%.txt': 'percent',
  'que?stion.txt': 'question',
  'tilde~.txt': 'tilde',
  "quote'.txt": 'quote',
  'empty.txt': '',
  'empty.html': '',
  'assets/index-BhJ3k9x1.js': 'export {};\n',
  'assets/app.3f2a9c1d.css': 'a{}',
  '.hidden': SECRET,
  '.git/config': SECRET,
  '.well-known/security.txt': 'Contact: mailto:a@example.com',
  'pre.js': PRECOMPRESSED,
  'pre.js.gz': gzipSync(PRECOMPRESSED, { level: 9 }),
  'pre.js.br': brotliCompressSync(PRECOMPRESSED),
  'lonely.js.gz': gzipSync(PRECOMPRESSED),
  'stale.js': 'new',
  'stale.js.gz': gzipSync('old'),
};

export function makeSite() {
  const top = tempFolder('http');
  const site = path.join(top, 'public');
  const outside = path.join(top, 'outside');
  const files = { ...FILES, ...Object.fromEntries(SIZES.map((size) => [`size-${size}.bin`, pattern(size)])) };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(site, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, 'latin1');
    const time = new Date(name === 'stale.js.gz' ? EARLIER : CHANGED);
    utimesSync(file, time, time);
  }
  mkdirSync(outside);
  writeFileSync(path.join(outside, 'secret.txt'), SECRET);
  const links = {
    'inner.txt': 'text.txt',
    'linked-docs': 'docs',
    'docs/up.txt': '../text.txt',
    'outer.txt': '../outside/secret.txt',
    'absolute.txt': path.join(outside, 'secret.txt'),
    outer: '../outside',
    'dangling.txt': 'nothing',
    'loop.txt': 'loop.txt',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, path.join(site, name));
  return site;
}
