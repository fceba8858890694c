// Runtime caches with a bound. Each entry's request carries when it was stored and how many bytes it has, so the cache itself is
// the only record of what it holds: room is made before the answer is put, so that a worker that is killed between any two
// steps leaves a cache within its bound. When the browser's quota is used up, the runtime caches of the same or a lower priority
// give way, whichever cache the answer is for; the precache, live resources and the rest are never touched.
import { type Limits, runtimeCaches } from './limits.ts';
import { lastUsed } from './recency.ts';

const ENTRY = 'Offing-Entry'; // `STORED BYTES`
// What Chromium charges on average for an answer that nobody may read, so that its size stays a secret.
const OPAQUE_BYTES = 7e6;

interface Entry {
  cache: Cache;
  url: string;
  rank: number;
  at: number; // ms since 1970
  bytes: number;
  used: number;
}

export const entryOf = (request: Request | undefined): number[] =>
  (request?.headers.get(ENTRY) ?? '').split(' ').map(Number);

// The one that goes first comes first.
async function entriesOf(all: [name: string, limits: Limits | undefined][]): Promise<Entry[]> {
  const times = await lastUsed();
  const entries: Entry[] = [];
  for (const [name, limits] of all) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const [at = 0, bytes = 0] = entryOf(request);
      const { url } = request;
      entries.push({
        cache,
        url,
        at,
        bytes,
        rank: limits?.priority ?? -Infinity,
        used: Math.max(at, times.get(url) ?? 0),
      });
    }
  }
  return entries.sort((a, b) => a.rank - b.rank || a.used - b.used);
}

const drop = ({ cache, url }: Entry): Promise<boolean> => cache.delete(url, { ignoreVary: true });

async function makeRoom({ name, limits }: Place, { url }: Request, size: number): Promise<void> {
  const others = (await entriesOf([[name, limits]])).filter((entry) => entry.url !== url);
  let count = others.length;
  let free = others.reduce((left, { bytes }) => left - bytes, limits.bytes - size);
  for (const entry of others) {
    if (count < limits.entries && free >= 0 && entry.at + limits.age > Date.now()) continue;
    await drop(entry);
    count--;
    free += entry.bytes;
  }
}

// Whether something went.
async function yieldQuota(size: number, priority: number): Promise<boolean> {
  let wanted = size;
  for (const entry of await entriesOf(await runtimeCaches())) {
    if (wanted < 0 || entry.rank > priority) break;
    await drop(entry);
    wanted -= entry.bytes + 1;
  }
  return wanted < size;
}

export interface Place {
  name: string; // of the cache
  limits: Limits;
  guard(put: () => Promise<unknown>): Promise<boolean>; // runs it if that is right at that moment, and says whether it did
}

let turn: Promise<unknown> = Promise.resolve();

// Stores the whole answer, or nothing: its body is read to its end first. Rejects if it breaks off, or there is no room.
export async function keep(place: Place, key: Request, response: Response): Promise<boolean> {
  const { name, limits, guard } = place;
  const { headers, type } = response;
  if (Number(headers.get('Content-Length')) > limits.bytes) return false;
  const body = type === 'opaque' ? undefined : await response.blob();
  const size = body?.size ?? OPAQUE_BYTES;
  if (size > limits.bytes) return false;
  const put = async (): Promise<void> => {
    await makeRoom(place, key, size);
    for (let tries = 3; ;) {
      const request = new Request(key.url, { headers: [...key.headers, [ENTRY, `${Date.now()} ${size}`]] });
      try {
        const cache = await caches.open(name);
        return await cache.put(request, body ? new Response(size ? body : null, response) : response.clone());
      } catch (error) {
        const full = (error as Error).name === 'QuotaExceededError';
        if (!full || !tries-- || !(await yieldQuota(size, limits.priority))) throw error;
      }
    }
  };
  const mine = turn.then(() => guard(put));
  turn = mine.catch(() => undefined);
  return mine;
}
