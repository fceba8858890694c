// The outbox: what is posted is on the disk before anything else happens to it, and stays until it was judged and told.
import type { Entry, EntryEvent, EntryPost, OutboxCalls } from '@offing/protocol';
import { type Drain, drainer, type Tell } from './drain.ts';
import {
  hex,
  type Host,
  isFinal,
  isOf,
  isStuck,
  type Lane,
  laneKey,
  OutboxFull,
  shown,
  type Stored,
  type Terms,
  uuid,
} from './entry.ts';
import { allOf, ask, byId, openStore, type Tables } from './store.ts';

export const MAX_ENTRIES = 1_000;
export const MAX_BYTES = 50_000_000;
export const MAX_BODY_BYTES = 10_000_000;
const DAY_MS = 86_400_000;
const MAX_LANE = 500;
// What is made anew for each attempt, or was meant for that moment.
const NOT_KEPT = /^(authorization|cookie|idempotency-key|offing-.*)$/i;

export type Outbox = {
  [Call in keyof OutboxCalls]: (...args: Parameters<OutboxCalls[Call]>) => Promise<ReturnType<OutboxCalls[Call]>>;
} & {
  post(post: EntryPost, terms?: Terms): Promise<Entry>;
  drain: Drain;
};

const blobOf = (body: Blob | string | undefined): Blob | undefined =>
  typeof body === 'string' ? new Blob([body], { type: 'text/plain;charset=UTF-8' }) : body;

// The lane that it held goes on, and its followers' clocks with it.
function letGo(all: Stored[], entry: Stored, now: number, entries: IDBObjectStore): void {
  for (const other of all) {
    if (!isStuck(entry) || isFinal(other) || other.order <= entry.order || laneKey(other) !== laneKey(entry)) continue;
    other.expires += Math.max(now - Math.max(entry.since ?? now, other.created), 0);
    entries.put(other);
  }
}

async function nextSeq({ meta }: Tables, key: string): Promise<number> {
  const lane = (await ask<Lane | undefined>(meta.get(key))) ?? { seq: 0, acked: 0 };
  lane.seq++;
  meta.put(lane, key);
  return lane.seq;
}

export function openOutbox(host: Host): Outbox {
  const store = openStore(host);
  const told = new Set<string>(); // final, and their pages know; the next claim puts it down
  const tell: Tell = async (event, entry, answered) => {
    const heard = await host.emit(event, shown(entry), answered).catch(() => false);
    if (heard && isFinal(entry)) told.add(entry.id);
  };
  const drain = drainer(host, store, told, tell);
  const user = async (): Promise<string> => (await host.user()) ?? '';
  const newId = (): string => uuid(host.now(), host.bytes(10));
  const go = (): void => void drain();

  // Changes one of the present user's entries that is not final and not under way. undefined: there is none.
  async function change(
    id: string,
    work: (entry: Stored, all: Stored[], tables: Tables) => Promise<Stored | undefined> | Stored | undefined,
  ): Promise<Stored | undefined> {
    const mine = await user();
    return store(async (tables) => {
      const all = await allOf(tables);
      const entry = all.find((each) => each.id === id);
      if (!entry || isFinal(entry) || !isOf(mine, entry)) return undefined;
      if (entry.state === 'sending' && (entry.lease?.until ?? 0) > host.now()) return undefined;
      return work(entry, all, tables);
    });
  }

  async function after(event: EntryEvent, entry: Stored | undefined): Promise<Entry | undefined> {
    if (!entry) return undefined;
    await tell(event, entry);
    go();
    return shown(entry);
  }

  const discarded = (entry: Stored, all: Stored[], { entries }: Tables): Stored => {
    letGo(all, entry, host.now(), entries);
    entries.put(Object.assign(entry, { state: 'discarded', body: undefined }));
    return entry;
  };

  async function post(given: EntryPost, terms: Terms = {}): Promise<Entry> {
    const mine = await user();
    const { href, origin, pathname } = new URL(given.url, host.origin);
    const body = blobOf(given.body);
    const method = given.method ?? 'POST';
    const bytes = body?.size ?? 0;
    const lane = given.lane === undefined ? (origin + pathname).slice(0, MAX_LANE / 3) : given.lane;
    if (lane !== null && encodeURIComponent(lane).length > MAX_LANE)
      throw new RangeError('offing: the name of the lane is too long');
    if (bytes > MAX_BODY_BYTES) throw new OutboxFull(`offing: ${bytes} bytes of ${MAX_BODY_BYTES} at most`);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(given.headers ?? {})) if (!NOT_KEPT.test(name)) headers[name] = value;
    const kept = Math.min(given.expires ?? 7 * DAY_MS, (host.keys ?? 14 * DAY_MS) - DAY_MS / 24);
    const [fresh, entry] = await store(async (tables): Promise<[boolean, Stored]> => {
      const { entries, meta } = tables;
      const id = given.id ?? newId();
      const known = await byId(tables, id);
      if (known) return [false, known];
      const all = await allOf(tables);
      const open = all.filter((each) => !isFinal(each));
      const now = host.now();
      const made: Stored = {
        ...terms,
        ...{ id, lane, url: href, method, headers, body, bytes, user: mine, created: now, expires: now + kept },
        ...{ patch: given.patch, notify: given.notify ?? terms.notify, state: 'queued', attempts: 0, next: 0, seq: 0 },
        order: (all.at(-1)?.order ?? 0) + 1,
      };
      const before = open.filter((each) => laneKey(each) === laneKey(made)).at(-1);
      if (terms.coalesce && before && !before.attempts && before.method === method && before.url === href) {
        const { order, seq, created } = before;
        Object.assign(made, { order, seq, created, id: before.id });
      } else {
        const size = open.reduce((sum, each) => sum + each.bytes, bytes);
        if (open.length >= MAX_ENTRIES || size > MAX_BYTES) throw new OutboxFull(`offing: ${open.length} entries wait`);
        if (!(await ask(meta.get('client')))) meta.put(hex(host.bytes(16)), 'client');
        if (lane !== null) made.seq = await nextSeq(tables, laneKey(made));
      }
      entries.put(made);
      return [true, made];
    });
    if (fresh) {
      await tell('queued', entry);
      host.sync?.();
      go();
    }
    return shown(entry);
  }

  return {
    post,
    drain,
    async entries(filter) {
      const mine = await user();
      const lane = filter?.lane;
      const all = await store(allOf);
      return all.filter((each) => isOf(mine, each) && (lane === undefined || each.lane === lane)).map(shown);
    },
    async entry(id) {
      const mine = await user();
      const found = await store((tables) => byId(tables, id));
      return found && isOf(mine, found) ? found : undefined;
    },
    async retry(id) {
      const entry = await change(id, (found, all, { entries }) => {
        if (found.state === 'conflict') return undefined;
        letGo(all, found, host.now(), entries);
        if (found.problem === 'unknown') found.resend = true;
        entries.put(Object.assign(found, { state: 'queued', problem: undefined, next: 0 }));
        return found;
      });
      return !!(await after('queued', entry));
    },
    async discard(id) {
      return !!(await after('discarded', await change(id, discarded)));
    },
    async resolve(id, how, { body, headers } = {}) {
      let old: Stored | undefined;
      const entry = await change(id, async (found, all, tables) => {
        if (found.state !== 'conflict') return undefined;
        if (how === 'theirs') return discarded(found, all, tables);
        const { entries } = tables;
        const now = host.now();
        const { order, lane, problem: _, result: __, since: ___, ...rest } = found;
        letGo(all, found, now, entries);
        const made: Stored = { ...rest, order, lane, id: newId(), state: 'queued', attempts: 0, next: 0 };
        if (body !== undefined) made.bytes = (made.body = blobOf(body) as Blob).size;
        if (headers) made.headers = { ...made.headers, ...headers };
        made.expires += Math.max(now - (found.since ?? now), 0);
        // The server is past the old one's place: each that follows moves up into the next.
        const line = [
          made,
          ...all.filter((each) => each.order > order && !isFinal(each) && laneKey(each) === laneKey(found)),
        ];
        const last = lane === null ? 0 : await nextSeq(tables, laneKey(found));
        line.forEach((each, at) => {
          each.seq = line[at + 1]?.seq ?? last;
          entries.put(each);
        });
        old = Object.assign(found, { state: 'discarded', body: undefined, order: (all.at(-1)?.order ?? 0) + 1 });
        entries.put(old);
        return made;
      });
      if (old) await tell('discarded', old);
      return after(how === 'mine' ? 'queued' : 'discarded', entry);
    },
    async flush() {
      await drain(true);
    },
    async untold() {
      const mine = await user();
      return store(async (tables) => {
        const now = host.now();
        const found = (await allOf(tables)).filter((each) => isFinal(each) && !each.told && isOf(mine, each));
        for (const each of found) tables.entries.put({ ...each, told: now });
        return found.map(shown);
      });
    },
  };
}
