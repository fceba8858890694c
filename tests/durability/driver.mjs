// driver.cc, run on the disk that can lose its power: published to, killed, and asked what it holds.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { killGroup, removeFolder, tempFolder, watchChild } from '../lib/ending.mjs';
import { ROOT } from '../lib/server.mjs';

export const BUILD = process.env.OFFING_BUILD ?? path.join(ROOT, 'build/release');
const DRIVER = path.join(BUILD, 'tests/durability/offing_durability_driver');
const LIBRARY = path.join(BUILD, 'tests/durability/offing_powerloss.so');

// A folder for the data and one for the record of what was done to it.
export class Disk {
  constructor() {
    this.root = tempFolder('disk');
    this.mounted = path.join(this.root, 'mounted');
    this.record = path.join(this.root, 'record');
    this.data = path.join(this.mounted, 'data');
    mkdirSync(this.mounted);
    mkdirSync(this.record);
  }

  // For whoever writes on it.
  env(extra = {}) {
    return { LD_PRELOAD: LIBRARY, POWERLOSS_DIR: this.mounted, POWERLOSS_RECORD: this.record, ...extra };
  }

  remove() {
    removeFolder(this.root);
  }
}

export class Driver {
  #child;
  #onAnswer;
  said = '';

  // onAnswer({id, positions} or {id, why})
  constructor(disk, { synchronous = 'full', onAnswer }) {
    const args = synchronous === 'off' ? ['--synchronous-off'] : [];
    const options = { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...disk.env() } };
    this.#child = watchChild(spawn(DRIVER, [disk.data, ...args], options));
    this.#onAnswer = onAnswer;
    this.#child.stdin.on('error', () => {}); // it may be dead already
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.said += text));
    this.closed = new Promise((resolve) => this.#child.once('close', (code, signal) => resolve({ code, signal })));
    this.ready = new Promise((resolve) => (this.becomesReady = resolve));
    readline.createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
  }

  #hear(line) {
    const [word, id, ...rest] = line.split(' ');
    if (word === 'ready') this.becomesReady();
    if (word === 'ack') this.#onAnswer({ id, positions: rest });
    if (word === 'nack') this.#onAnswer({ id, why: rest.join(' ') });
  }

  // events: [{channel, data}]
  publish({ id, key, events }) {
    const parts = events.map(({ channel, data }) => `${channel}=${data}`);
    this.#child.stdin.write(`${id} ${key ?? '-'} ${parts.join(' ')}\n`);
  }

  // Answers once everything that it said before has been heard.
  async kill() {
    killGroup(this.#child);
    return this.closed;
  }
}

// What a copy of the folder holds, so that looking changes nothing: Map(channel -> {epoch, first, head, events, snapshot}).
export function dump(disk) {
  const copy = path.join(disk.root, 'copy');
  cpSync(disk.mounted, copy, { recursive: true });
  const logs = new Map();
  try {
    const options = { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] };
    const text = execFileSync(DRIVER, [path.join(copy, 'data'), '--dump'], options);
    for (const line of text.split('\n')) {
      const [word, channel, ...rest] = line.split(' ');
      const log = logs.get(channel);
      if (word === 'log')
        logs.set(channel, { epoch: rest[0], first: Number(rest[1]), head: Number(rest[2]), events: [] });
      if (word === 'event') log.events.push({ seq: Number(rest[0]), data: rest[1] });
      if (word === 'snapshot') log.snapshot = { position: rest[0], fold: rest[1] };
    }
  } finally {
    removeFolder(copy);
  }
  return logs;
}

const PRIME = 0x100000001b3n;

// What driver.cc's projection holds after these events.
export function foldOf(events) {
  let fold = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(events.map(({ data }) => `${data}\n`).join(''))) {
    fold = BigInt.asUintN(64, (fold ^ BigInt(byte)) * PRIME);
  }
  return fold.toString(16).padStart(16, '0');
}
