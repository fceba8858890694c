// What pages and the worker say to each other (spec/worker.md, Messages).
import type { Control } from './frames.ts';

export type PageMessage =
  | { offing: 'ping'; visible: boolean; wake?: boolean }
  | { offing: 'live'; url: string }
  | { offing: 'claim' }
  | { offing: 'state' }
  | { offing: 'user'; id: string | null }
  | { offing: 'report' }
  | { offing: 'waiting' }
  | { offing: 'update'; mode?: UpdateMode };

// Who wanted the new version to take over: a person; nobody, as no page would notice; the server.
export type UpdateMode = 'asked' | 'quiet' | 'forced';

export type WorkerMessage =
  | { offing: 'update'; url: string; position: string; added: number; reset: boolean }
  | { offing: 'state'; online: boolean; since: number; socket: string }
  | { offing: 'pulse' }
  | { offing: 'waiting'; version: string; auto: boolean }
  | { offing: 'reload'; forced: boolean; quiet: boolean; version: string }
  | { offing: 'killed' }
  | { offing: 'user'; user: string }
  | { offing: 'changed'; url: string; cache: string }
  | { offing: 'report'; report: Report }
  | { offing: 'error'; code: string | number; detail: string };

// What the worker knows of itself, as /_offing/state shows it.
export interface Report {
  version: string; // of the runtime
  manifest: string; // of the files
  update: 'ask' | 'auto';
  user: string; // a hash; '' for nobody
  online: boolean | undefined; // undefined: not known yet
  since: number | undefined; // ms since 1970
  socket: string; // '' if there is none
  control: Control | undefined; // as it was last read
  caches: CacheReport[];
  live: { url: string; position: string }[];
  tabs: { manifest: string; tabs: number }[]; // of other versions than this one
  errors: { at: number; code: string | number; detail: string }[]; // the last 50
}

export interface CacheReport {
  name: string;
  entries: number;
  bytes: number; // of the bodies
}

export const LIVE_CACHE = 'offing-live';
export const PRECACHE_PREFIX = 'offing-precache-';
export const POSITION_HEADER = 'Offing-Position';
