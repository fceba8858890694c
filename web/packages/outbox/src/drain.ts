// Sends what waits. One context does at a time: the others wait for the Web Lock and look again once it is free; where there
// are no Web Locks, leases keep them from what is being sent. Whatever kills a context, the entry is on the disk as
// `sending`, and goes out again with the same key.
import type { Claimed } from './attempt.ts';
import { type BoxParts, hex, isFinal, isOf, type Lane, laneKey } from './entry.ts';
import { LEASE_MS, plan, type PlanParts } from './plan.ts';
import { Sender } from './settle.ts';
import { allOf, ask } from './store.ts';

const LOCK = 'offing:outbox';
const LOOK_MS = 60_000; // until the next look if nothing else asks for one

export class Drainer {
  readonly #box: BoxParts;
  readonly #owner: string;
  readonly #sender: Sender;
  readonly #busy = new Map<string, Promise<void>>(); // what this context is sending, by id
  #running: Promise<number> | undefined;
  #again = false;
  #forced = false;
  #until = Infinity;
  #poke = (): void => undefined; // ends the round's waiting
  #stop = (): void => undefined; // ends the timer

  constructor(box: BoxParts) {
    this.#box = box;
    this.#owner = hex(box.host.bytes(8));
    this.#sender = new Sender(box, this.#owner);
  }

  // Sends what can be sent; answers how many entries are left that will be sent later. `force`: whatever waits for its
  // time goes now. Nothing is begun after `until`.
  drain(force = false, until?: number): Promise<number> {
    const { locks } = this.#box.host;
    this.#forced ||= force;
    this.#again = true;
    if (until) this.#until = until;
    this.#poke();
    const round = (): Promise<number> =>
      this.#round().catch(async () => {
        // The disk is full, or the database cannot be had. Nobody else sends before all that is under way has ended.
        await Promise.allSettled(this.#busy.values());
        this.#look(LOOK_MS);
        this.#again = false;
        return 1;
      });
    return (this.#running ??= Promise.resolve(locks ? locks.request(LOCK, round) : round())
      .catch(() => 1)
      .then((left) => {
        this.#running = undefined;
        this.#until = Infinity;
        return this.#again ? this.drain() : left;
      }));
  }

  #look(ms: number): void {
    this.#stop();
    this.#stop = this.#box.host.timer(() => void this.drain(), ms);
  }

  async #round(): Promise<number> {
    const { host, told, tell } = this.#box;
    for (;;) {
      this.#again = false;
      const poked = new Promise<void>((resolve) => (this.#poke = resolve));
      const { claimed, expired, next, left } = await this.#claim();
      for (const entry of expired) await tell('expired', entry);
      for (const entry of claimed) {
        const sending = this.#sender.send(entry).finally(() => this.#busy.delete(entry.id));
        this.#busy.set(entry.id, sending);
      }
      if (this.#busy.size) await Promise.race([...this.#busy.values(), poked]);
      else if (!this.#again && !told.size) {
        this.#stop();
        if (left || next < Infinity) this.#look(Math.min(Math.max(next - host.now(), 0), LOOK_MS));
        return left;
      }
    }
  }

  // What is to be sent now, written down as such. Also here, as it costs nothing more: which ends were told, what is too old.
  async #claim(): Promise<PlanParts & { claimed: Claimed[] }> {
    const { host, told, store } = this.#box;
    const user = await this.#box.user();
    const marked = [...told];
    const force = this.#forced;
    const found = await store(async (tables) => {
      const { entries, meta } = tables;
      const now = host.now();
      const all = await allOf(tables);
      for (const entry of all) {
        const final = isFinal(entry);
        if (final && marked.includes(entry.id)) entry.told = now;
        else if (force && entry.next && !final && isOf(user, entry)) entry.next = 0;
        else continue;
        entries.put(entry);
      }
      const offline = !host.online() || now >= this.#until;
      const made = plan(all, { now, user, fenced: !host.locks, offline, busy: this.#busy });
      const client = await ask<string>(meta.get('client'));
      const claimed: Claimed[] = [];
      for (const { order } of made.gone) entries.delete(order);
      for (const entry of made.expired) entries.put(Object.assign(entry, { state: 'expired', lease: undefined }));
      for (const entry of made.send) {
        entry.state = 'sending';
        entry.attempts++;
        entry.lease = { owner: this.#owner, until: now + LEASE_MS };
        entries.put(entry);
        const lane = await ask<Lane | undefined>(meta.get(laneKey(entry)));
        claimed.push({ ...entry, client, acked: lane?.acked ?? 0 });
      }
      return { ...made, claimed };
    });
    for (const id of marked) told.delete(id);
    if (force) this.#forced = false;
    return found;
  }
}
