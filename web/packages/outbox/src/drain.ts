// Sends what waits. One context does at a time: the others wait for the Web Lock and look again once it is free; where there
// are no Web Locks, leases keep them from what is being sent. Whatever kills a context, the entry is on the disk as
// `sending`, and goes out again with the same key.
import type { Entry, EntryEvent } from '@offing/protocol';
import { attempt, type Claimed, isOwn } from './attempt.ts';
import { backoff } from './backoff.ts';
import { type Answered, hex, type Host, isFinal, isOf, isStuck, type Lane, laneKey, type Stored } from './entry.ts';
import { judge, problemOf } from './judge.ts';
import { LEASE_MS, type Plan, plan } from './plan.ts';
import { allOf, ask, byId, type Store } from './store.ts';

const LOCK = 'offing:outbox';
const LOOK_MS = 60_000; // until the next look if nothing else asks for one
const HELD_MS = 300_000; // until what was held for its user is tried again
const MAX_BODY = 65_536;

export interface Drain {
  // Sends what can be sent; answers how many entries are left that will be sent later. `force`: whatever waits for its
  // time goes now. Nothing is begun after `until`.
  (force?: boolean, until?: number): Promise<number>;
}

export type Tell = (event: EntryEvent, entry: Stored, answered?: Answered) => Promise<void>;

async function resultOf({ response: { status, headers }, body }: Answered): Promise<Entry['result']> {
  const kept: Record<string, string> = {};
  for (const [name, value] of headers) if (/^(content-type|location|etag|offing-.*)$/.test(name)) kept[name] = value;
  return { status: +(kept['offing-status'] ?? status), headers: kept, ...(body.size <= MAX_BODY && { body }) };
}

const EVENTS: Record<string, EntryEvent> = {
  done: 'sent',
  queued: 'retry',
  conflict: 'conflict',
  rejected: 'rejected',
};

export function drainer(host: Host, store: Store, told: Set<string>, tell: Tell): Drain {
  const owner = hex(host.bytes(8));
  const busy = new Map<string, Promise<void>>();
  let running: Promise<number> | undefined;
  let again = false;
  let forced = false;
  let until = Infinity;
  let poke = (): void => undefined;
  let wait = (): void => undefined; // ends the timer

  const claim = async (): Promise<Plan & { claimed: Claimed[] }> => {
    const user = (await host.user()) ?? '';
    const marked = [...told];
    const force = forced;
    const found = await store(async (tables) => {
      const { entries, meta } = tables;
      const now = host.now();
      const all = await allOf(tables);
      for (const entry of all) {
        if (marked.includes(entry.id) && isFinal(entry)) entries.put({ ...entry, told: (entry.told = now) });
        else if (force && entry.next && isOf(user, entry) && !isFinal(entry))
          entries.put({ ...entry, next: (entry.next = 0) });
      }
      const made = plan(all, { now, user, fenced: !host.locks, offline: !host.online() || now >= until, busy });
      const client = await ask<string>(meta.get('client'));
      const claimed: Claimed[] = [];
      for (const { order } of made.gone) entries.delete(order);
      for (const entry of made.expired) entries.put(Object.assign(entry, { state: 'expired', lease: undefined }));
      for (const entry of made.send) {
        entry.state = 'sending';
        entry.attempts++;
        entry.lease = { owner, until: now + LEASE_MS };
        entries.put(entry);
        const lane = await ask<Lane | undefined>(meta.get(laneKey(entry)));
        claimed.push({ ...entry, client, acked: lane?.acked ?? 0 });
      }
      return { ...made, claimed };
    });
    for (const id of marked) told.delete(id);
    if (force) forced = false;
    return found;
  };

  // Puts down what became of an attempt, unless the entry has been settled by somebody else.
  const settle = (id: string, change: (entry: Stored) => unknown, vouched = false): Promise<Stored | undefined> =>
    store(async (tables) => {
      const entry = await byId(tables, id);
      if (!entry || isFinal(entry)) return undefined;
      const ours = entry.lease?.owner === owner;
      entry.lease = undefined;
      change(entry);
      if (!ours && !isFinal(entry)) return undefined;
      tables.entries.put(entry);
      if (vouched && entry.lane !== null) {
        const lane = await ask<Lane>(tables.meta.get(laneKey(entry)));
        tables.meta.put({ ...lane, acked: Math.max(lane.acked, entry.seq) }, laneKey(entry));
      }
      return entry;
    });

  const exchange = async (entry: Claimed): Promise<Answered | undefined> => {
    const still = async (): Promise<boolean> => isOf((await host.user()) ?? '', entry);
    const own = isOwn(host, entry);
    const bearer = own ? await host.token() : '';
    const first = await attempt(host, entry, bearer, still);
    if (first?.response.status !== 401 || !own) return first;
    const fresh = await host.token(bearer);
    const lease = { owner, until: host.now() + LEASE_MS };
    return (await settle(entry.id, (mine) => (mine.lease = lease))) && attempt(host, entry, fresh, still);
  };

  const send = async (claimed: Claimed): Promise<void> => {
    const { id, ack, reject, problem: before } = claimed;
    let failed = false;
    const answered = await exchange(claimed).catch(() => void (failed = true));
    if (!answered && !failed) {
      // Its user has gone.
      await settle(id, (entry) => Object.assign(entry, { state: 'queued', attempts: entry.attempts - 1 }));
      return;
    }
    const headers = answered?.response.headers;
    const problem = answered && (await problemOf(answered.response, answered.body));
    const judged = answered
      ? judge(answered.response, problem ?? '', ack === 'status' && !isOwn(host, claimed))
      : ({ state: 'queued' } as const);
    const result =
      answered && judged.state !== 'queued' && problem !== 'decided' ? await resultOf(answered) : undefined;
    const settled = await settle(
      id,
      (entry) => {
        const now = host.now();
        Object.assign(entry, { problem: undefined, resend: undefined, ...judged });
        if (entry.state === 'rejected' && reject === 'halt') entry.state = 'conflict';
        if (isStuck(entry)) entry.since = now;
        entry.result = result;
        if (entry.state === 'done') entry.body = undefined;
        if (entry.state === 'held') {
          entry.next = now + HELD_MS;
          if (!isStuck(entry)) entry.attempts--;
        }
        if (entry.state === 'queued') {
          entry.resend = claimed.resend;
          entry.next = now + backoff(entry.attempts, host.random(), headers?.get('Retry-After'), now);
        }
      },
      headers?.has('Idempotency-Status') || problem === 'decided',
    );
    if (!settled) return;
    const { state, problem: why } = settled;
    const event = EVENTS[state] ?? (why === 'needs-auth' ? why : 'held');
    if (state !== 'held' || why !== before) await tell(event, settled, answered ?? undefined);
  };

  const round = async (): Promise<number> => {
    for (;;) {
      again = false;
      const poked = new Promise<void>((resolve) => (poke = resolve));
      const { claimed, expired, next, left } = await claim();
      for (const entry of expired) await tell('expired', entry);
      for (const entry of claimed) {
        busy.set(
          entry.id,
          send(entry).finally(() => busy.delete(entry.id)),
        );
      }
      if (busy.size) await Promise.race([...busy.values(), poked]);
      else if (!again && !told.size) {
        wait();
        if (left || next < Infinity)
          wait = host.timer(() => void drain(), Math.min(Math.max(next - host.now(), 0), LOOK_MS));
        return left;
      }
    }
  };

  const drain: Drain = (force = false, last) => {
    forced ||= force;
    again = true;
    if (last) until = last;
    poke();
    return (running ??= Promise.resolve(host.locks ? host.locks.request(LOCK, round) : round())
      .catch(async () => {
        // The disk is full, or the database cannot be had. Nobody is to send while what was sent is not put down.
        await Promise.allSettled(busy.values());
        wait();
        wait = host.timer(() => void drain(), LOOK_MS);
        again = false;
        return 1;
      })
      .then((left) => {
        running = undefined;
        until = Infinity;
        return again ? drain() : left;
      }));
  };
  return drain;
}
