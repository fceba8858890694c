// What a worker must know again after it was stopped: small JSON values in a cache of their own. A value that cannot be
// read is one that is not there; nothing may depend on it for being right.
const CACHE = 'offing-state';
let silent = false;

export async function recall<Value>(key: string): Promise<Value | undefined> {
  const found = await caches.match(`/_offing/${key}`, { cacheName: CACHE }).catch(() => undefined);
  return found?.json().catch(() => undefined) as Promise<Value | undefined>;
}

export async function remember(key: string, value: unknown): Promise<void> {
  if (silent) return;
  await (await caches.open(CACHE)).put(`/_offing/${key}`, new Response(JSON.stringify(value)));
}

// Whether nothing is remembered any more.
export function silence(on: boolean): void {
  silent = on;
}
