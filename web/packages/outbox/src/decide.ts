// What a person decides about an entry.
import type { EntryChange } from '@offing/protocol';
import { type BoxParts, isFinal, isOf, isStuck, laneKey, type Stored } from './entry.ts';
import { blobOf, newId, nextSeq } from './post.ts';
import { allOf, type Tables } from './store.ts';

type Work = (entry: Stored, all: Stored[], tables: Tables) => Promise<Stored | undefined> | Stored | undefined;

// Changes one of the present user's entries that is not final and not under way. undefined: there is none.
async function change({ host, store, user }: BoxParts, id: string, work: Work): Promise<Stored | undefined> {
  const mine = await user();
  return store(async (tables) => {
    const all = await allOf(tables);
    const entry = all.find((each) => each.id === id);
    if (!entry || isFinal(entry) || !isOf(mine, entry)) return undefined;
    if (entry.state === 'sending' && (entry.lease?.until ?? 0) > host.now()) return undefined;
    return work(entry, all, tables);
  });
}

const followers = (all: Stored[], entry: Stored): Stored[] =>
  all.filter((each) => each.order > entry.order && !isFinal(each) && laneKey(each) === laneKey(entry));

// The lane that it held goes on, and with it the clocks that stood still.
function letGo(all: Stored[], entry: Stored, now: number, entries: IDBObjectStore): void {
  const { since } = entry;
  if (!isStuck(entry) || !since) return;
  for (const each of [entry, ...followers(all, entry)]) {
    each.expires += Math.max(now - Math.max(since, each.created), 0);
    entries.put(each);
  }
}

const end = (entry: Stored, entries: IDBObjectStore): Stored => {
  entries.put(Object.assign(entry, { state: 'discarded', body: undefined, lease: undefined }));
  return entry;
};

export const discard = (box: BoxParts, id: string): Promise<Stored | undefined> =>
  change(box, id, (entry, all, { entries }) => {
    letGo(all, entry, box.host.now(), entries);
    return end(entry, entries);
  });

export const retry = (box: BoxParts, id: string): Promise<Stored | undefined> =>
  change(box, id, (entry, all, { entries }) => {
    if (entry.state === 'conflict') return undefined;
    letGo(all, entry, box.host.now(), entries);
    if (entry.problem === 'unknown') entry.resend = true;
    entries.put(Object.assign(entry, { state: 'queued', problem: undefined, next: 0, lease: undefined }));
    return entry;
  });

// In the place of a conflict: the same write once more, as it was or changed, with another key. The server is past the old
// one's place in the lane, so each that follows moves up into the next.
async function again({ host }: BoxParts, { body, headers }: EntryChange, entry: Stored, all: Stored[], tables: Tables) {
  const { entries } = tables;
  const { problem: _, result: __, since: ___, ...rest } = entry;
  const made: Stored = { ...rest, id: newId(host), state: 'queued', attempts: 0, next: 0 };
  if (body !== undefined) made.bytes = (made.body = blobOf(body) as Blob).size;
  if (headers) made.headers = { ...made.headers, ...headers };
  const line = [made, ...followers(all, entry)];
  const last = entry.lane === null ? 0 : await nextSeq(tables, laneKey(entry));
  line.forEach((each, at) => {
    each.seq = line[at + 1]?.seq ?? last;
    entries.put(each);
  });
  // What is final has no place any more.
  entry.order = (all.at(-1)?.order ?? 0) + 1;
  end(entry, entries);
  return made;
}

// `old`: what was given up. `made`: what stands in its place.
export async function resolve(
  box: BoxParts,
  id: string,
  how: 'mine' | 'theirs',
  wanted: EntryChange = {},
): Promise<{ old?: Stored | undefined; made?: Stored | undefined }> {
  let made: Stored | undefined;
  const old = await change(box, id, async (entry, all, tables) => {
    if (entry.state !== 'conflict') return undefined;
    letGo(all, entry, box.host.now(), tables.entries);
    made = undefined;
    if (how === 'theirs') return end(entry, tables.entries);
    made = await again(box, wanted, entry, all, tables);
    return entry;
  });
  return { old, made };
}
