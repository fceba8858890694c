// An entry as it is on the disk, and what the outbox wants of the world around it.
import type { Entry, EntryEvent } from '@offing/protocol';
import type { Store } from './store.ts';

// What a rule, or whoever posts, may say of an entry besides what the request is.
export interface Terms {
  coalesce?: boolean | undefined; // it takes the place of one that was never sent
  ack?: string | undefined; // 'status': a foreign origin's 2xx is believed
  reject?: string | undefined; // 'halt': its lane waits for a person if it is refused
  queued?: string | undefined; // the page for a form that could not be sent yet
  notify?: string | undefined;
  credentials?: RequestCredentials | undefined;
}

export interface Stored extends Entry, Terms {
  order: number; // the place among all
  user: string; // of who wrote it, '': nobody
  since?: number; // when it began to hold its lane
  lease?: { owner: string; until: number } | undefined;
  resend?: boolean | undefined; // a person has decided so
  ended?: number; // when it was done
  told?: number; // when a page was told how it ended
}

// How many of a user's entries were made in a lane, and up to which the server has answered for good.
export interface Lane {
  seq: number;
  acked: number;
}

export interface Answered {
  response: Response;
  body: Blob;
}

export interface Host {
  idb: IDBFactory;
  locks?: Pick<LockManager, 'request'> | undefined;
  origin: string;
  keys?: number | undefined; // ms that the server remembers keys
  fetch(url: string, init: RequestInit): Promise<Response>;
  now(): number;
  timer(run: () => void, ms: number): () => void; // the answer ends it
  random(): number;
  bytes(count: number): Uint8Array; // random ones that nobody can guess
  online(): boolean;
  user(): Promise<string | undefined>; // USERHASH
  token(refused?: string): Promise<string>;
  emit(event: EntryEvent, entry: Entry, answered?: Answered): Promise<boolean>; // whether a page was told
  room?(): Promise<unknown>; // makes some on the disk
  sync?(): unknown; // there is a new entry, or progress: time for another sync registration
}

// What the modules of one outbox share.
export interface BoxParts {
  host: Host;
  store: Store;
  told: Set<string>; // which ends the pages know; the next claim puts it down
  user(): Promise<string>;
  tell(event: EntryEvent, entry: Stored, answered?: Answered): Promise<void>;
}

// The error of what has no room.
export const outboxFull = (detail: string): Error =>
  Object.assign(new Error(`offing: ${detail}`), { name: 'OutboxFull' });

export const isFinal = ({ state }: Entry): boolean => /^(do|re|ex|di)/.test(state);

// Until a person decides, its lane waits and its followers' clocks stand still.
export const isStuck = ({ state, problem }: Entry): boolean =>
  state === 'conflict' || (state === 'held' && problem === 'unknown');

export const isOf = (user: string, entry: Stored): boolean => !entry.user || entry.user === user;

export const laneKey = ({ user, lane, id }: Stored): string => (lane === null ? id : `lane:${user}:${lane}`);

// As pages see it, without bodies.
export const shown = ({ body, result, ...entry }: Stored): Entry => ({
  ...entry,
  result: result && { status: result.status, headers: result.headers },
});

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (n) => n.toString(16).padStart(2, '0')).join('');

// A UUIDv7.
export const uuid = (now: number, random: Uint8Array): string =>
  (now.toString(16).padStart(12, '0') + hex(random)).replace(/(.{8})(....).(...).(...)(.*)/, '$1-$2-7$3-8$4-$5');
