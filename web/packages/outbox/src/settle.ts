// What becomes of an entry that was sent.
import type { Entry, EntryEvent } from '@offing/protocol';
import { attempt, type Claimed, isOwn } from './attempt.ts';
import { backoff } from './backoff.ts';
import { type Answered, type BoxParts, isFinal, isOf, isStuck, type Lane, laneKey, type Stored } from './entry.ts';
import { judge, problemOf } from './judge.ts';
import { LEASE_MS } from './plan.ts';
import { ask, byId } from './store.ts';

const HELD_MS = 300_000; // until what was held for its user is tried again
const MAX_BODY = 65_536;
const EVENTS: Record<string, EntryEvent> = { done: 'sent', queued: 'retry' };

async function resultOf({ response: { status, headers }, body }: Answered): Promise<Entry['result']> {
  const kept: Record<string, string> = {};
  for (const [name, value] of headers) if (/^(content-type|location|etag|offing-.*)$/.test(name)) kept[name] = value;
  return { status: +(kept['offing-status'] ?? status), headers: kept, ...(body.size <= MAX_BODY && { body }) };
}

export class Sender {
  readonly #box: BoxParts;
  readonly #owner: string;

  constructor(box: BoxParts, owner: string) {
    this.#box = box;
    this.#owner = owner;
  }

  // Sends what was claimed, puts down what came of it, and tells.
  async send(claimed: Claimed): Promise<void> {
    const { host, tell } = this.#box;
    const { id, ack, reject, problem: before } = claimed;
    let failed = false;
    const answered = await this.#exchange(claimed).catch(() => void (failed = true));
    if (!answered && !failed) {
      // Its user has gone.
      await this.#settle(id, (entry) => Object.assign(entry, { state: 'queued', attempts: entry.attempts - 1 }));
      return;
    }
    const headers = answered?.response.headers;
    const problem = answered && (await problemOf(answered.response, answered.body));
    const believed = ack === 'status' && !isOwn(host, claimed);
    const judged = answered ? judge(answered.response, problem ?? '', believed) : ({ state: 'queued' } as const);
    const result =
      answered && judged.state !== 'queued' && problem !== 'decided' ? await resultOf(answered) : undefined;
    const settled = await this.#settle(
      id,
      (entry) => {
        const now = host.now();
        Object.assign(entry, { problem: undefined, resend: undefined, ...judged, result });
        if (entry.state === 'rejected' && reject === 'halt') entry.state = 'conflict';
        if (entry.state === 'done') Object.assign(entry, { body: undefined, ended: now });
        if (isStuck(entry)) entry.since = now;
        else if (entry.state === 'held') {
          entry.next = now + HELD_MS;
          entry.attempts--;
        } else if (entry.state === 'queued') {
          entry.resend = claimed.resend;
          entry.next = now + backoff(entry.attempts, host.random(), headers?.get('Retry-After'), now);
        }
      },
      headers?.has('Idempotency-Status') || problem === 'decided',
    );
    if (!settled) return;
    const { state, problem: why } = settled;
    const event = EVENTS[state] ?? (why === 'needs-auth' ? why : (state as EntryEvent));
    if (state !== 'held' || why !== before) await tell(event, settled, answered ?? undefined);
  }

  // undefined: the user has gone, or somebody else has the entry.
  async #exchange(entry: Claimed): Promise<Answered | undefined> {
    const { host, user } = this.#box;
    const still = async (): Promise<boolean> => isOf(await user(), entry);
    const own = isOwn(host, entry);
    const bearer = own ? await host.token() : '';
    const first = await attempt(host, entry, bearer, still);
    if (first?.response.status !== 401 || !own) return first;
    const fresh = await host.token(bearer);
    const lease = { owner: this.#owner, until: host.now() + LEASE_MS };
    return (await this.#settle(entry.id, (mine) => (mine.lease = lease))) && attempt(host, entry, fresh, still);
  }

  // Changes the entry, unless somebody else has settled it or is sending it; an end is believed whoever sent it.
  #settle(id: string, change: (entry: Stored) => unknown, vouched = false): Promise<Stored | undefined> {
    return this.#box.store(async (tables) => {
      const entry = await byId(tables, id);
      if (!entry || isFinal(entry)) return undefined;
      const ours = entry.lease?.owner === this.#owner;
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
  }
}
