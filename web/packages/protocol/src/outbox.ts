// What pages and worker know of the outbox (spec/outbox.md): rules, entries as they are shown, events, calls.
import type { Json } from './json.ts';

export interface OutboxRule {
  match: string; // '/api/*', or with an origin in front
  methods?: string[]; // POST, PUT, PATCH, DELETE if absent
  lane?: string; // 'path' (default), 'rule', or a name
  wait?: number; // ms that the app's own request waits for the judged answer
  expires?: number; // ms
  queued?: string; // the page for a form that could not be sent yet
  lost?: 'retry' | 'hold'; // the server's affair
  ack?: 'header' | 'status'; // of a foreign origin: what says that it was carried out
  reject?: 'continue' | 'halt'; // what becomes of the lane
  coalesce?: boolean; // a PUT or PATCH that was never sent is replaced by the next one
  notify?: string; // the text of a notification
  patch?: { resource: string; event: string }; // the body is the event's data
}

export type EntryState = 'queued' | 'sending' | 'held' | 'conflict' | 'done' | 'rejected' | 'expired' | 'discarded';

export type EntryEvent =
  'queued' | 'sent' | 'retry' | 'conflict' | 'held' | 'rejected' | 'expired' | 'discarded' | 'needs-auth';

// What the effect of an entry will be as an event of a live resource's channel.
export interface EntryPatch {
  resource: string; // its path
  event: string;
  data: Json;
}

export interface EntryResult {
  status: number;
  headers: Record<string, string>; // names in lower case: content-type, location, etag, offing-*
  body?: Blob; // of 64 KiB at most; of the call `entry` only
}

// An entry as pages see it. Times are ms since 1970.
export interface Entry {
  id: string; // its Idempotency-Key
  lane: string | null;
  seq: number; // in its lane
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: Blob | undefined; // of the call `entry` only
  bytes: number; // of the body
  created: number;
  expires: number;
  attempts: number;
  next: number; // no attempt before
  state: EntryState;
  problem?: string | undefined; // of a state that needs a person: a problem's name, or the status
  result?: EntryResult | undefined;
  patch?: EntryPatch | undefined;
}

export interface EntryPost {
  id?: string | undefined; // posted again it is the same entry
  url: string;
  method?: string | undefined; // POST
  headers?: Record<string, string> | undefined;
  body?: Blob | string | undefined;
  lane?: string | null | undefined; // absent: origin and path; null: none
  expires?: number | undefined; // ms from now
  patch?: EntryPatch | undefined;
  notify?: string | undefined;
}

export interface EntryChange {
  body?: Blob | string;
  headers?: Record<string, string>;
}

// The calls of a page, by name: their arguments and what they answer.
export interface OutboxCalls {
  post(post: EntryPost): Entry;
  entries(filter?: { lane?: string | null }): Entry[];
  entry(id: string): Entry | undefined;
  retry(id: string): boolean;
  discard(id: string): boolean;
  resolve(id: string, how: 'mine' | 'theirs', change?: EntryChange): Entry | undefined;
  flush(): void;
  untold(heard?: string[]): Entry[];
}

export type OutboxCall = keyof OutboxCalls;

// What becomes of the entries of a user who logs out.
export type Pending = 'flush' | 'keep' | 'discard';
