// A new entry.
import type { EntryPost } from '@offing/protocol';
import {
  type BoxParts,
  hex,
  type Host,
  isFinal,
  type Lane,
  laneKey,
  outboxFull,
  type Stored,
  type Terms,
  uuid,
} from './entry.ts';
import { allOf, ask, byId, type Tables } from './store.ts';

export const MAX_ENTRIES = 1_000;
export const MAX_BYTES = 50_000_000;
export const MAX_BODY_BYTES = 10_000_000;
const DAY_MS = 86_400_000;
const MAX_LANE = 500;
// What is made anew for each attempt, or was meant for that moment.
const NOT_KEPT = /^(authorization|cookie|idempotency-key|offing-.*)$/i;

export const newId = (host: Host): string => uuid(host.now(), host.bytes(10));

export const blobOf = (body: Blob | string | undefined): Blob | undefined =>
  typeof body === 'string' ? new Blob([body], { type: 'text/plain;charset=UTF-8' }) : body;

// The next place in a lane, which is given away by this.
export async function nextSeq({ meta }: Tables, key: string): Promise<number> {
  const { seq, acked } = (await ask<Lane | undefined>(meta.get(key))) ?? { seq: 0, acked: 0 };
  meta.put({ seq: seq + 1, acked }, key);
  return seq + 1;
}

function entryOf(host: Host, user: string, given: EntryPost, terms: Terms): Stored {
  const { href, origin, pathname } = new URL(given.url, host.origin);
  const { id = newId(host), method = 'POST', expires = 7 * DAY_MS, notify, patch } = given;
  const body = blobOf(given.body);
  const lane = given.lane === undefined ? (origin + pathname).slice(0, MAX_LANE / 3) : given.lane;
  if (lane !== null && encodeURIComponent(lane).length > MAX_LANE)
    throw new RangeError('offing: the lane’s name is too long');
  const bytes = body?.size ?? 0;
  if (bytes > MAX_BODY_BYTES) throw outboxFull(`${bytes} bytes`);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given.headers ?? {})) if (!NOT_KEPT.test(name)) headers[name] = value;
  const created = host.now();
  const most = (host.keys ?? 14 * DAY_MS) - DAY_MS / 24;
  return {
    ...terms,
    ...{ order: 1, id, lane, seq: 0, user, url: href, method, headers, body, bytes, patch },
    ...{ created, expires: created + Math.min(expires, most), attempts: 0, next: 0, state: 'queued' },
    ...(notify && { notify }),
  };
}

// `fresh`: false if it was there already.
export async function post(
  { host, store, user }: BoxParts,
  given: EntryPost,
  terms: Terms,
): Promise<{ fresh: boolean; entry: Stored }> {
  const made = entryOf(host, await user(), given, terms);
  return store(async (tables) => {
    const known = await byId(tables, made.id);
    if (known) return { fresh: false, entry: known };
    const entry = { ...made };
    const { entries, meta } = tables;
    const all = await allOf(tables);
    const open = all.filter((each) => !isFinal(each));
    const before = open.filter((each) => laneKey(each) === laneKey(entry)).at(-1);
    const { method, url } = entry;
    if (terms.coalesce && before && !before.attempts && before.method === method && before.url === url) {
      const { id, order, seq, created } = before;
      Object.assign(entry, { id, order, seq, created });
    } else {
      const size = open.reduce((sum, each) => sum + each.bytes, entry.bytes);
      if (open.length >= MAX_ENTRIES || size > MAX_BYTES) throw outboxFull(`${open.length} entries wait`);
      if (!(await ask(meta.get('client')))) meta.put(hex(host.bytes(16)), 'client');
      if (entry.lane !== null) entry.seq = await nextSeq(tables, laneKey(entry));
      entry.order = (all.at(-1)?.order ?? 0) + 1;
    }
    entries.put(entry);
    return { fresh: true, entry };
  });
}
