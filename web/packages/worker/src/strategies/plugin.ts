// The hooks of a plugin, by the names and with the arguments that Workbox gives them, so that a plugin made for Workbox does
// here what it does there.
import type { Asking } from './handling.ts';
import type { CacheRules } from './limits.ts';

type May<Value> = Value | null | undefined | void;
type Answer<Value> = May<Value> | Promise<May<Value>>;
type State = Record<string, unknown>; // a plugin's own, during one request

interface About {
  event: Asking;
  request: Request;
  state?: State;
}

export interface Plugin {
  handlerWillStart?(about: About): Answer<unknown>;
  requestWillFetch?(about: About): Request | Promise<Request>;
  fetchDidFail?(about: About & { error: unknown; originalRequest: Request }): Answer<unknown>;
  fetchDidSucceed?(about: About & { response: Response }): Response | Promise<Response>;
  cacheKeyWillBeUsed?(
    about: About & { mode: 'read' | 'write'; params?: unknown },
  ): Request | string | Promise<Request | string>;
  cachedResponseWillBeUsed?(
    about: About & { cacheName: string; matchOptions?: CacheQueryOptions; cachedResponse: Response | undefined },
  ): Answer<Response>;
  cacheWillUpdate?(about: About & { response: Response }): Answer<Response>;
  cacheDidUpdate?(
    about: About & { cacheName: string; oldResponse: Response | null; newResponse: Response },
  ): Answer<unknown>;
  handlerDidError?(about: About & { error: unknown }): Answer<Response>;
  handlerWillRespond?(about: About & { response: Response }): Response | Promise<Response>;
  handlerDidRespond?(about: About & { response?: Response | undefined }): Answer<unknown>;
  handlerDidComplete?(about: About & { response?: Response | undefined; error?: unknown }): Answer<unknown>;
}

// A plugin of ours may state rules besides.
export interface Ruling {
  rules?: CacheRules;
}

export type HookName = keyof Plugin;
export type Callback<Name extends HookName> = NonNullable<Plugin[Name]>;
