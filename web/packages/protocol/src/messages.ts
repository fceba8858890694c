// What pages and the worker say to each other (spec/worker.md, Messages).
import type { Control } from './frames.ts';
import type { Entry, EntryEvent, OutboxCall, Pending } from './outbox.ts';

export type PageMessage =
  | { offing: 'ping'; visible: boolean; wake?: boolean }
  | { offing: 'live'; url: string }
  | { offing: 'claim' }
  | { offing: 'state' }
  | { offing: 'user'; id: string | null; pending?: Pending }
  | { offing: 'outbox'; call: OutboxCall; args: unknown[] } // over a port
  | { offing: 'report' }
  | { offing: 'waiting' }
  | { offing: 'update'; mode?: UpdateMode };

// Who wanted the new version to take over: a person; nobody, as no page would notice; the server.
export type UpdateMode = 'asked' | 'quiet' | 'forced';

export type WorkerMessage =
  | { offing: 'update'; url: string; position: string; added: number; reset: boolean; pending?: number }
  | { offing: 'state'; online: boolean; since: number; socket: string }
  | { offing: 'pulse' }
  | { offing: 'waiting'; version: string; auto: boolean }
  | { offing: 'reload'; forced: boolean; mode: UpdateMode; version: string }
  | { offing: 'killed' }
  | { offing: 'user'; user: string }
  | { offing: 'changed'; url: string; cache: string }
  | { offing: 'entry'; event: EntryEvent; entry: Entry }
  | { offing: 'outbox'; value?: unknown; error?: { name: string; message: string } }
  | { offing: 'token' } // over a port: answered with the token or ''
  | { offing: 'report'; report: Report }
  | { offing: 'error'; code: string | number; detail: string };

// What the worker knows of itself, as /_offing/state shows it.
export interface Report {
  version: string; // of the runtime
  manifest: string; // of the files
  update: 'ask' | 'auto';
  state: Extract<WorkerMessage, { offing: 'state' }> | undefined; // undefined: not known yet
  user: string | undefined; // a hash
  control: { at: number; word: Control } | undefined; // as it was last heard, ms since 1970
  caches: CacheReport[];
  live: Record<string, string | null | undefined>; // positions by path
  errors: { at: number; code: string | number; detail: string }[]; // the last 50
}

export interface CacheReport {
  name: string;
  entries: number;
  bytes: number; // of the bodies
}

export const HOLD_LOCK = 'offing:hold'; // held, shared, by pages that must not be reloaded
export const LIVE_CACHE = 'offing-live';
export const SHOWN_CACHE = 'offing-shown'; // copies with the patches of pending entries
export const PENDING_HEADER = 'Offing-Pending'; // how many, in a copy of SHOWN_CACHE
export const PRECACHE_PREFIX = 'offing-precache-';
export const POSITION_HEADER = 'Offing-Position';
