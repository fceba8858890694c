// The same site twice: as an Offing app, and with Workbox. Only what makes it work offline differs.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { tempFolder } from '../../tests/lib/ending.mjs';

const HERE = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const ARTICLES = 20;
const text = 'The tide comes in twice a day and nobody asks it to. '.repeat(120);

// name: of the script that makes it work offline.
const page = (title, body, name) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>${title}</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/style.css" />
    <script type="module" src="/app.js"></script>
    <script type="module" src="${name}"></script>
  </head>
  <body><h1>${title}</h1>${body}<img src="/picture.svg" width="640" height="200" alt="" /></body>
</html>
`;

const dots = Array.from({ length: 400 }, (_, at) => `<circle cx="${(at * 37) % 640}" cy="${(at * 91) % 200}" r="3" />`);

function contents(name) {
  const links = Array.from({ length: ARTICLES }, (_, at) => `<li><a href="/article-${at}/">Article ${at}</a></li>`);
  const files = {
    'index.html': page('The site', `<ul>${links.join('')}</ul>`, name),
    'style.css': `body { max-width: 40rem; margin: auto; font: 1rem/1.5 serif }\n${'li { margin: 0 }\n'.repeat(200)}`,
    'app.js': `document.documentElement.dataset.ready = '1';\n${'// a line of the app\n'.repeat(500)}`,
    'picture.svg': `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 200">${dots.join('')}</svg>`,
  };
  for (let at = 0; at < ARTICLES; ++at)
    files[`article-${at}/index.html`] = page(`Article ${at}`, `<p>${text}</p>`, name);
  return files;
}

function write(files) {
  const folder = tempFolder('pages');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

async function bundled(entry, format, define) {
  const options = { bundle: true, minify: true, target: 'es2022', write: false, legalComments: 'none' };
  const environment = { 'process.env.NODE_ENV': '"production"', ...define };
  const entryPoints = [path.join(HERE, 'workbox', entry)];
  const { outputFiles } = await build({ ...options, entryPoints, format, define: environment });
  return outputFiles[0].text;
}

export const offingSite = () => write(contents('/_offing/client.js'));

// As workbox-build's injectManifest makes it: the list of files is written into the worker.
export async function workboxSite() {
  const files = { ...contents('/register.js'), 'register.js': await bundled('page.js', 'esm', {}) };
  const manifest = Object.entries(files).map(([name, content]) => ({
    url: `/${name.replace(/index\.html$/, '')}`,
    revision: createHash('md5').update(content).digest('hex'),
  }));
  files['sw.js'] = await bundled('sw.js', 'iife', { 'self.__WB_MANIFEST': JSON.stringify(manifest) });
  return write(files);
}

export const readSite = (folder, name) => readFileSync(path.join(folder, name));
