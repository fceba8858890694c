// The outbox in a page: writes that are on the disk before they are sent, and stay until they were judged. The worker has it;
// in a page that no worker is there for, the same engine runs in the page.
import type { Entry, EntryChange, EntryEvent, EntryPatch, OutboxCall, OutboxCalls, Pending } from '@offing/protocol';
import { ask, hear, isThere, listen, ready } from './link.ts';
import { setUser, token, userHash } from './user.ts';

export interface PostOptions {
  method?: string; // POST
  headers?: HeadersInit;
  lane?: string | null; // in which order is kept; origin and path if absent, null: none
  expires?: number; // ms from now
  patch?: EntryPatch; // what its effect will be
  notify?: string; // the text of a notification when it was sent and no page waited for it
}

// 'change' is every event.
export type OutboxEvent = EntryEvent | 'change';
export type OutboxCallback = (entry: Entry, event: EntryEvent) => void;

export interface Outbox {
  // The same outbox for one lane: what is posted goes there, what is listed and told of is of there.
  (bound: { lane: string | null }): Outbox;
  // Resolves once it is on the disk. An object becomes JSON, everything else what fetch() makes of it.
  post(url: string | URL, body?: unknown, options?: PostOptions): Promise<Entry>;
  entries(): Promise<Entry[]>; // without bodies
  entry(id: string): Promise<Entry | undefined>;
  // Resolves when its end is known: done, rejected, expired or discarded. undefined: there is no such entry.
  settled(id: string): Promise<Entry | undefined>;
  // Until the function that it returns is called. The first who asks also hears how those ended that no page was told of.
  on(event: OutboxEvent, callback: OutboxCallback): () => void;
  retry(id: string): Promise<boolean>;
  discard(id: string): Promise<boolean>;
  // Settles a conflict: 'mine', or a merge, is sent in its place; 'theirs' drops it.
  resolve(id: string, how: 'mine' | 'theirs', change?: EntryChange): Promise<Entry | undefined>;
  flush(): Promise<void>;
}

type Calls = {
  [Call in OutboxCall]: (...args: Parameters<OutboxCalls[Call]>) => Promise<ReturnType<OutboxCalls[Call]>>;
};

const ANSWER_MS = 4_000;
const TRIES = 5;
const FLUSH_MS = 60_000;

const callbacks = new Set<OutboxCallback>();
let inPage: Promise<Calls> | undefined;
let asked = false;

const deliver: OutboxCallback = (entry, event) => {
  for (const callback of callbacks) callback(entry, event);
};

listen('entry', ({ entry, event }) => deliver(entry, event));

// The engine in this page.
function engine(): Promise<Calls> {
  const emit = (event: EntryEvent, entry: Entry): void => hear({ offing: 'entry', event, entry });
  return (inPage ??= import(`${location.origin}/_offing/outbox.js`)
    .then((found) => found.openOutbox({ user: userHash, token, emit }))
    .catch((error: unknown) => {
      inPage = undefined;
      throw error;
    }));
}

// Loaded while there is a network, and for what was left from an earlier time.
void ready.then((there) => void (there || engine().catch(() => undefined)));

async function call<Call extends OutboxCall>(
  name: Call,
  ...args: Parameters<OutboxCalls[Call]>
): Promise<ReturnType<OutboxCalls[Call]>> {
  const answer = await ask({ offing: 'outbox', call: name, args }, name === 'flush' ? FLUSH_MS : ANSWER_MS, TRIES);
  if (!isThere()) return (await engine())[name](...args);
  const { error = { name: 'TimeoutError', message: 'offing: the worker does not answer' }, value } = answer ?? {};
  if (!answer || answer.error) throw Object.assign(new Error(error.message), { name: error.name });
  return value as ReturnType<OutboxCalls[Call]>;
}

// A UUIDv7, so that the worker knows an entry again that it is told of twice. Without https no worker is there to be told.
function newId(): string | undefined {
  const time = Date.now().toString(16).padStart(12, '0');
  return crypto.randomUUID?.().replace(/^.{14}./, `${time.slice(0, 8)}-${time.slice(8)}-7`);
}

const isFinal = ({ state }: Entry): boolean => /^(do|re|ex|di)/.test(state);

async function post(url: string | URL, body: unknown, options: PostOptions): Promise<Entry> {
  const { method = 'POST', headers: given, ...terms } = options;
  const headers = new Headers(given);
  const isJson = / (Object|Array|Number|Boolean)\]/.test({}.toString.call(body));
  if (isJson && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json');
  const init = { method, headers, body: (isJson ? JSON.stringify(body) : (body ?? null)) as BodyInit | null };
  const request = new Request(new URL(url, location.href), init);
  return call('post', {
    ...terms,
    id: newId(),
    url: request.url,
    method: request.method,
    headers: Object.fromEntries(request.headers),
    body: init.body === null ? undefined : await request.blob(),
  });
}

// What ended while no page was there. The worker is told that this one knows.
async function catchUp(): Promise<void> {
  const all = await call('untold');
  for (const entry of all) deliver(entry, entry.state === 'done' ? 'sent' : (entry.state as EntryEvent));
  const ids = all.map(({ id }) => id);
  if (ids.length) await call('untold', ids);
}

function on(lane: string | null | undefined, wanted: OutboxEvent, callback: OutboxCallback): () => void {
  const mine: OutboxCallback = (entry, event) => {
    const here = lane === undefined || lane === entry.lane;
    if (here && (wanted === event || wanted === 'change')) callback(entry, event);
  };
  callbacks.add(mine);
  if (wanted !== 'change' && !asked) {
    asked = true;
    catchUp().catch(() => (asked = false));
  }
  return () => void callbacks.delete(mine);
}

async function settled(id: string): Promise<Entry | undefined> {
  let off = (): void => undefined;
  const end = new Promise<Entry>((resolve) => {
    off = on(undefined, 'change', (entry) => entry.id === id && isFinal(entry) && resolve(entry));
  });
  try {
    const entry = await call('entry', id);
    return entry && !isFinal(entry) ? await end : entry;
  } finally {
    off();
  }
}

const make = (bound: { lane?: string | null }): Outbox =>
  Object.assign((more: { lane: string | null }) => make(more), {
    post: (url: string | URL, body?: unknown, options?: PostOptions) => post(url, body, { ...bound, ...options }),
    entries: () => call('entries', bound),
    entry: (id: string) => call('entry', id),
    settled,
    on: (event: OutboxEvent, callback: OutboxCallback) => on(bound.lane, event, callback),
    retry: (id: string) => call('retry', id),
    discard: (id: string) => call('discard', id),
    // Names of headers have one form, or one would not take the place of another.
    resolve: (id: string, how: 'mine' | 'theirs', { headers, ...change }: EntryChange = {}) =>
      call('resolve', id, how, { ...change, ...(headers && { headers: Object.fromEntries(new Headers(headers)) }) }),
    flush: () => call('flush'),
  });

export const outbox: Outbox = make({});

// Publishes to a channel whose rule lets clients do so.
export const publish = (channel: string, name: string, data: unknown): Promise<Entry> =>
  outbox.post(`/_offing/channels/${encodeURIComponent(channel)}/events`, { name, data });

// Nobody is logged in any more. Writes that wait are sent first ('flush'), dropped, or kept for when their user is back.
export async function logout({ pending = 'keep' }: { pending?: Pending } = {}): Promise<void> {
  if (pending !== 'keep' && !(await ready)) {
    const box = await engine();
    if (pending === 'flush') await box.flush();
    else for (const { id } of await box.entries()) await box.discard(id);
  }
  await setUser(null, pending);
}
