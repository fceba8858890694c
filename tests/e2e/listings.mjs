// Published listings, as printed or mended, laid out as sites.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from '../lib/ending.mjs';
import { HERE } from './scene.mjs';

export const LISTINGS = path.join(HERE, 'listings');

// A listing, letter for letter.
export const listing = (document, name) => readFileSync(path.join(LISTINGS, document, name), 'utf8');

// The listing with each [printed, mended] put right. What is to be mended stands in it exactly once.
export function mend(text, ...changes) {
  return changes.reduce((whole, [printed, mended]) => {
    const parts = whole.split(printed);
    if (parts.length !== 2) throw new Error(`'${printed}' stands ${parts.length - 1} times in the listing`);
    return parts.join(mended);
  }, text);
}

// A folder with these files, by path.
export function folderOf(files, folder = tempFolder('listing')) {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}

export const page = (title, body) =>
  `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${title}</title>${body}</html>\n`;

// What a page says about its worker: 'none', 'installing', 'waiting', 'active', 'controls'.
export const WORKER = `(async () => {
  const found = await navigator.serviceWorker.getRegistration();
  if (!found) return 'none';
  if (navigator.serviceWorker.controller) return 'controls';
  return found.active ? found.active.state === 'activated' ? 'active' : 'activating' : found.waiting ? 'waiting' : 'installing';
})()`;
