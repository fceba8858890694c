// What pages and the worker say to each other (spec/worker.md, Messages).

export type PageMessage =
  | { offing: 'ping'; visible: boolean; wake?: boolean }
  | { offing: 'live'; url: string }
  | { offing: 'claim' }
  | { offing: 'state' };

export type WorkerMessage =
  | { offing: 'update'; url: string; position: string; added: number; reset: boolean }
  | { offing: 'state'; online: boolean; since: number; socket: string }
  | { offing: 'pulse' }
  | { offing: 'error'; code: string | number; detail: string };

export const LIVE_CACHE = 'offing-live';
export const PRECACHE_PREFIX = 'offing-precache-';
export const POSITION_HEADER = 'Offing-Position';
