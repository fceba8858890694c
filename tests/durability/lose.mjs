// Loses the power: reads what powerloss.c recorded and puts the folder into a state that a disk may be in after it, given which syncs had
// returned. The three ways:
//
//   all      nothing that was not synced is there
//   prefix   the disk got to a random point, in the order of the writes; the write at that point is torn
//   sectors  of every unsynced write each 512-byte sector is there or not, truncations and names too
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Image } from './image.mjs';

const HEADER = 4 + 4 + 8 + 8 + 8 + 4 * 4;
const MAGIC = 0x4f4c4f53;
const NAMES = { c: 'create', m: 'mkdir', u: 'unlink', r: 'rename' };

export const WAYS = ['all', 'prefix', 'sectors'];

// The deeds in order. One that the kill cut short was never done.
function parseRecord(file) {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const deeds = [];
  let at = 0;
  while (at + HEADER <= bytes.length) {
    if (bytes.readUInt32LE(at) !== MAGIC) throw new Error(`${file} is damaged at ${at}`);
    const sizes = [32, 36, 40, 44].map((field) => bytes.readUInt32LE(at + field));
    if (at + HEADER + sizes.reduce((sum, size) => sum + size, 0) > bytes.length) break;
    const deed = {
      kind: String.fromCharCode(bytes.readUInt32LE(at + 4)),
      inode: bytes.readBigUInt64LE(at + 8),
      other: bytes.readBigUInt64LE(at + 16),
      offset: Number(bytes.readBigUInt64LE(at + 16)),
      oldSize: Number(bytes.readBigUInt64LE(at + 24)),
    };
    at += HEADER;
    const take = (size) => bytes.subarray(at, (at += size));
    deed.path = take(sizes[0]).toString();
    deed.path2 = take(sizes[1]).toString();
    deed.oldBytes = take(sizes[2]);
    deed.newBytes = take(sizes[3]);
    deeds.push(deed);
  }
  return deeds;
}

// Those that no sync has reached: of a file by its inode, of a name by its folder.
function unsynced(deeds) {
  const files = new Map();
  const folders = new Map();
  deeds.forEach((deed, i) => {
    if (deed.kind === 's') files.set(deed.inode, i);
    if (deed.kind === 'd') folders.set(deed.path, i);
  });
  return deeds.filter((deed, i) => {
    if (deed.kind === 's' || deed.kind === 'd') return false;
    const synced = NAMES[deed.kind] ? folders.get(path.dirname(deed.path)) : files.get(deed.inode);
    return synced === undefined || i > synced;
  });
}

// Every name below the folder: path -> inode, or 'folder'.
function readNames(folder, names = new Map()) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      names.set(name, 'folder');
      readNames(name, names);
    } else if (!name.endsWith('-shm')) {
      names.set(name, lstatSync(name, { bigint: true }).ino);
    }
  }
  return names;
}

function readContents(names, record) {
  const contents = new Map();
  for (const [name, inode] of names) {
    if (inode !== 'folder') contents.set(inode, new Image(readFileSync(name)));
  }
  for (const name of readdirSync(record)) {
    const [, inode] = /^inode-(\d+)$/.exec(name) ?? [];
    if (inode) contents.set(BigInt(inode), new Image(readFileSync(path.join(record, name))));
  }
  return contents;
}

function undo(deed, names, contents) {
  const put = (name, inode) => (inode ? names.set(name, inode) : names.delete(name));
  if (deed.kind === 'c' || deed.kind === 'm') names.delete(deed.path);
  if (deed.kind === 'u') names.set(deed.path, deed.inode);
  if (deed.kind === 'r') {
    put(deed.path2, deed.other);
    names.set(deed.path, deed.inode);
  }
  if (deed.kind === 'w') contents.get(deed.inode).undoWrite(deed);
  if (deed.kind === 't') contents.get(deed.inode).undoTruncate(deed);
}

// `keep(sector)` says which 512-byte sectors of a write are there.
function redo(deed, names, contents, keep) {
  if (deed.kind === 'c') names.set(deed.path, deed.inode);
  if (deed.kind === 'm') names.set(deed.path, 'folder');
  if (deed.kind === 'u') names.delete(deed.path);
  if (deed.kind === 'r') {
    names.delete(deed.path);
    names.set(deed.path2, deed.inode);
  }
  if (deed.kind === 'w') contents.get(deed.inode).write(deed, keep);
  if (deed.kind === 't') contents.get(deed.inode).truncate(deed.offset);
}

function redoSome(pending, way, random, names, contents) {
  if (way === 'all') return;
  if (way === 'prefix') {
    const end = random.between(0, pending.length);
    for (const deed of pending.slice(0, end)) redo(deed, names, contents, () => true);
    const torn = pending[end];
    const sectors = random.between(0, 16);
    if (torn?.kind === 'w') redo(torn, names, contents, (sector) => sector < sectors);
    return;
  }
  const likelihood = random.pick([0.1, 0.5, 0.9]);
  const ended = new Set(); // folders whose later names did not make it
  for (const deed of pending) {
    const folder = NAMES[deed.kind] && path.dirname(deed.path);
    if (folder && !random.chance(likelihood)) ended.add(folder);
    if (folder ? ended.has(folder) : deed.kind === 't' && !random.chance(likelihood)) continue;
    redo(deed, names, contents, () => random.chance(likelihood));
  }
}

function writeNames(folder, names, contents) {
  for (const entry of readdirSync(folder)) rmSync(path.join(folder, entry), { recursive: true });
  for (const name of [...names.keys()].sort()) {
    // What stands in a folder that is not there is not there either.
    if (!existsSync(path.dirname(name))) continue;
    if (names.get(name) === 'folder') mkdirSync(name, { mode: 0o700 });
    else writeFileSync(name, contents.get(names.get(name)).bytes, { mode: 0o600 });
  }
}

// Answers how many deeds had not been synced. `record` is empty afterwards.
export function losePower(folder, record, way, random) {
  const pending = unsynced(parseRecord(path.join(record, 'record')));
  const names = readNames(folder);
  const contents = readContents(names, record);
  for (const deed of [...pending].reverse()) undo(deed, names, contents);
  redoSome(pending, way, random, names, contents);
  writeNames(folder, names, contents);
  for (const name of readdirSync(record)) rmSync(path.join(record, name));
  return pending.length;
}
