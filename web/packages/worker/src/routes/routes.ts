// CONFIG.routes and CONFIG.fallback at work.
import type { Config } from '@offing/protocol';
import type { Host, RoutesPart } from '../parts.ts';

export function routes(config: Config, host: Host): RoutesPart {
  const fallback = config.fallback ?? {};
  return {
    install: () => undefined,
    activate: async () => undefined,
    answer({ request }) {
      const page = fallback[request.mode === 'navigate' ? 'document' : request.destination];
      if (request.method !== 'GET' || page === undefined) return undefined;
      return fetch(request).catch(async (error: unknown) => {
        const found = await host.precache.match(page);
        if (found) return found;
        throw error;
      });
    },
  };
}
