// Parts of the worker that not every site needs. Each is a classic script of its own (`worker.NAME.js`), which the server puts in
// front of the core if CONFIG.parts names it; in the module build all of them are there. A part shares the core's code
// through its Host instead of carrying a second copy.
import type {
  Config,
  Folding,
  matchResource,
  Operation,
  operationFor,
  OutboxCall,
  parsePosition,
  Pending,
  relate,
  WorkerMessage,
} from '@offing/protocol';
import type { LiveCache } from './live-cache.ts';
import type { load } from './fetch.ts';
import type { recall, remember } from './memory.ts';
import type { Precache } from './precache.ts';
import type { cut } from './range.ts';
import type { token } from './token.ts';
import type { putFor, userSpace } from './user.ts';

// What optimistic patches need to fold as the copies are folded.
export interface FoldHost {
  Folding: typeof Folding;
  LiveCache: typeof LiveCache;
  matchResource: typeof matchResource;
  operationFor: typeof operationFor;
  parsePosition: typeof parsePosition;
  relate: typeof relate;
}

export interface SharedHost extends FoldHost {
  load: typeof load;
  cut: typeof cut;
  userSpace: typeof userSpace;
  putFor: typeof putFor;
  recall: typeof recall;
  remember: typeof remember;
  send(message: WorkerMessage): Promise<number>; // to every page: how many there are
  token: typeof token;
}

export interface Host extends SharedHost {
  precache: Precache;
}

// Answers what neither the precache nor a live resource does. undefined: the request is none of its own.
export type RoutesPart = (event: FetchEvent, url: URL) => Promise<Response> | undefined;

export interface OutboxHost {
  // Answers writes that become entries. undefined: the request is none of its own.
  answer(event: FetchEvent, url: URL): Promise<Response> | undefined;
  call(call: OutboxCall, args: unknown[]): Promise<WorkerMessage>;
  drain(force?: boolean): Promise<unknown>;
  show(path?: string): Promise<void>; // that copy has changed; absent: the user has
  leave(pending?: Pending): Promise<void>; // before the user goes
}

export interface PartMakers {
  // Called while the script runs for the first time: it adds listeners of its own.
  routes?: (config: Config, host: Host) => RoutesPart;
  outbox?: (config: Config, host: Host) => OutboxHost;
  // There if a resource has that operation.
  'json-patch'?: Operation;
}
