// Which entries go out now: of each lane the first, of all lanes MAX_SENDING, and none of another user.
import { MAX_WAIT_MS } from './backoff.ts';
import { isFinal, isOf, isStuck, laneKey, type Stored } from './entry.ts';

export const MAX_SENDING = 4;
export const LEASE_MS = 45_000;
const KEPT_MS = 86_400_000;
const MAX_FINAL = 1_000;

export interface ViewParts {
  now: number;
  user: string;
  fenced: boolean; // no lock keeps other contexts away: leases do
  offline: boolean;
  busy: { has(id: string): boolean; size: number }; // what this context is sending
}

export interface PlanParts {
  send: Stored[];
  expired: Stored[];
  gone: Stored[];
  next: number; // when there may be more
  left: number; // what goes out sooner or later without anybody's help
}

export function plan(all: Stored[], { now, user, fenced, offline, busy }: ViewParts): PlanParts {
  const result: PlanParts = { send: [], expired: [], gone: [], next: Infinity, left: 0 };
  const { send, expired, gone } = result;
  const shut = new Map<string, boolean>(); // lane: whether its clocks stand still
  const soon = (at: number): unknown => (result.next = Math.min(result.next, at));
  // A time that lies further ahead than we ever set one was set by another clock.
  const ahead = (at: number, most: number): boolean => at > now && at <= now + most;
  let free = offline ? 0 : MAX_SENDING - busy.size;
  let final = all.filter(isFinal).length;
  for (const entry of all) {
    const lane = laneKey(entry);
    const { id, lease, next, expires, state, told } = entry;
    if (isFinal(entry)) {
      if ((told && now - told >= KEPT_MS) || final-- > MAX_FINAL) gone.push(entry);
    } else if (!isOf(user, entry)) {
      continue;
    } else if (isStuck(entry)) {
      shut.set(lane, true);
    } else if (busy.has(id)) {
      shut.set(lane, false);
      result.left++;
    } else if (fenced && lease && ahead(lease.until, LEASE_MS)) {
      shut.set(lane, false);
      result.left++;
      free--;
      soon(lease.until);
    } else if (!shut.get(lane) && now >= expires) {
      expired.push(entry);
    } else {
      if (!shut.get(lane) && state !== 'held') result.left++;
      if (shut.has(lane)) continue;
      shut.set(lane, false);
      soon(expires);
      if (ahead(next, MAX_WAIT_MS)) soon(next);
      else if (send.length < free) send.push(entry);
    }
  }
  return result;
}
