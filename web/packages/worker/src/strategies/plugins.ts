// Workbox's plugins by name, for workers that are ported; Workbox's own work as well.
import { cut } from '../range.ts';
import type { CacheRules } from './limits.ts';
import type { Callback, Plugin, Ruling } from './plugin.ts';
import { tellIfChanged } from './strategies.ts';

// The same as the options `entries` and `age`.
export class ExpirationPlugin implements Ruling {
  readonly rules: CacheRules;

  constructor({ maxEntries, maxAgeSeconds }: { maxEntries?: number; maxAgeSeconds?: number } = {}) {
    this.rules = { ...(maxEntries && { entries: maxEntries }), ...(maxAgeSeconds && { age: maxAgeSeconds * 1000 }) };
  }
}

export class CacheableResponsePlugin implements Plugin {
  readonly cacheWillUpdate: Callback<'cacheWillUpdate'>;

  constructor({ statuses, headers = {} }: { statuses?: number[]; headers?: Record<string, string> } = {}) {
    const wanted = Object.entries(headers);
    this.cacheWillUpdate = ({ response }) =>
      (statuses?.includes(response.status) ?? true) &&
      (!wanted.length || wanted.some(([name, value]) => response.headers.get(name) === value))
        ? response
        : null;
  }
}

// Without it ranges are answered from a cached whole as well.
export class RangeRequestsPlugin implements Plugin {
  cachedResponseWillBeUsed: Callback<'cachedResponseWillBeUsed'> = ({ request, cachedResponse }) =>
    cachedResponse && cut(request, cachedResponse);
}

// Tells the pages `changed` when a cached URL has a new body.
export class BroadcastUpdatePlugin implements Plugin {
  cacheDidUpdate: Callback<'cacheDidUpdate'> = async ({ request, cacheName, oldResponse, newResponse }) => {
    if (oldResponse) await tellIfChanged(request.url, cacheName, oldResponse, newResponse);
  };
}
