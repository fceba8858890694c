// Whose the per-user caches are. A user is known by a hash; the caches of one are `offing-user-HASH-NAME`, and those of
// everybody else are deleted as soon as the user changes. What was fetched for one user is never stored once another one
// (or nobody) is there, also if it was under way meanwhile: stores and changes exclude each other by a lock that
// all workers of the origin share. Copies of private live resources stand among the others and go in the same way.
import { LIVE_CACHE } from '@offing/protocol';
import { recall, remember } from './memory.ts';
import { forgetToken } from './token.ts';

export const USER_PREFIX = 'offing-user-';
const KEY = 'user';
const LOCK = 'offing:user';
const SHOWN_CACHE = 'offing-shown'; // copies as pages see them while writes wait

// Who, and since when; a user who comes back is not the one whose requests were under way.
type Stored = [space: string, since: number];

// 16 hexadecimal digits; undefined while nobody is logged in, and then nothing per user is read or stored.
export async function userSpace(): Promise<string | undefined> {
  return (await recall<Stored>(KEY))?.[0] || undefined;
}

// To be called before a fetch for `space` begins. The function that it returns runs `put` if that user has been there
// all the time, and says whether it did. Without a space it always does.
export function putFor(space: string | undefined): (put: () => Promise<unknown>) => Promise<boolean> {
  const then = space ? recall<Stored>(KEY) : undefined;
  return async (put) => {
    if (!space) {
      await put();
      return true;
    }
    return navigator.locks.request(LOCK, { mode: 'shared' }, async () => {
      const [now, since] = (await recall<Stored>(KEY)) ?? [];
      if (now !== space || since !== (await then)?.[1]) return false;
      await put();
      return true;
    });
  };
}

// The same for what is `own`, the present user's and nobody else's: while nobody is there it is never stored.
export async function guard(own: boolean | undefined): Promise<ReturnType<typeof putFor>> {
  const space = own ? await userSpace() : undefined;
  return own && !space ? async () => false : putFor(space);
}

// Whether a copy is one user's.
export const isOwn = (copy: Response | undefined): boolean | undefined =>
  copy?.headers.get('Cache-Control')?.startsWith('private');

async function hashOf(id: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id)));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function wipe(cache: Cache): Promise<void> {
  for (const request of await cache.keys()) if (isOwn(await cache.match(request))) await cache.delete(request);
}

// From now on `id` is the user; null: nobody. Once this resolves, nothing of anybody else is left. Whether that is another
// one than before.
export async function setUser(id: string | null): Promise<boolean> {
  const space = id === null ? '' : await hashOf(id);
  forgetToken();
  const keep = space && `${USER_PREFIX}${space}-`;
  return navigator.locks.request(LOCK, async () => {
    const changed = ((await userSpace()) ?? '') !== space;
    if (changed) await remember(KEY, [space, Date.now()] satisfies Stored);
    for (const name of await caches.keys()) {
      const others = name.startsWith(USER_PREFIX) && !(keep && name.startsWith(keep));
      // What somebody has written and not sent yet is nobody else's, whatever it is shown in.
      if (others || (changed && name === SHOWN_CACHE)) await caches.delete(name);
      if (changed && name === LIVE_CACHE) await wipe(await caches.open(name));
    }
    return changed;
  });
}

export interface UserEvents {
  userChanged(): void;
}

// A request to one of CONFIG's `logout` paths, by whatever method, goes to the network; if it succeeds, nobody is logged
// in when the page hears of it. undefined: it is none.
export function logout(
  paths: string[] | undefined,
  request: Request,
  load: () => Promise<Response>,
  live?: UserEvents,
): Promise<Response> | undefined {
  const url = new URL(request.url);
  if (url.origin !== location.origin || !paths?.includes(url.pathname)) return undefined;
  return load().then(async (response) => {
    // A navigation's redirect is opaque to us.
    if (response.ok || response.type === 'opaqueredirect') {
      if (await setUser(null).catch(() => false)) live?.userChanged();
    }
    return response;
  });
}
