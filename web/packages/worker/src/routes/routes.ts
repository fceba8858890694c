// CONFIG's routes and fallbacks at work, behind those that were made in code.
import type { Config } from '@offing/protocol';
import type { Host, RoutesPart } from '../parts.ts';
import { Handling } from '../strategies/handling.ts';
import { host } from '../strategies/host.ts';
import { limitsOf, runtimeCaches } from '../strategies/limits.ts';
import { run } from '../strategies/strategies.ts';
import { pattern } from './pattern.ts';
import { destinationOf, type Handler, type Route, routed } from './router.ts';

declare const self: ServiceWorkerGlobalScope;

// What the server answers by itself and no worker ever does.
const NETWORK = ['/_offing/health', '/_offing/metrics', '/_offing/control'];
const PATIENCE_MS = 4_000;

interface RoutedInstall extends ExtendableEvent {
  addRoutes?(rules: object[]): Promise<void>;
}

export interface MadeInCode {
  made: Route[];
  defaults: Route[];
  caught(): Handler | undefined;
}

export function routes(config: Config, given: Host, code?: MadeInCode): RoutesPart {
  Object.assign(host, given);
  const { fallback = {}, routes: rules = [] } = config;
  const all = rules.map(({ match, methods, destination, strategy, ...rest }): Route => {
    const matches = pattern(match);
    const kept = { timeout: PATIENCE_MS, ...rest };
    limitsOf(kept);
    const handler: Handler = ({ event, request }) => run(strategy, new Handling(event, kept), request);
    return { match: ({ url }) => matches(url), handler, methods, destination };
  });
  const pageOf = (request: Request): string | undefined => fallback[destinationOf(request)];
  // Whatever has a fallback goes by us.
  const rest: Route = {
    match: ({ request, sameOrigin }) => sameOrigin && pageOf(request),
    handler: ({ event, request }) => given.load(event, request),
  };

  self.addEventListener('install', (event: RoutedInstall) => {
    const rule = (urlPattern: string): object => ({ condition: { urlPattern }, source: 'network' });
    event.addRoutes?.(NETWORK.map(rule)).catch(() => undefined);
  });
  // Caches of no route any more.
  self.addEventListener('activate', (event) => {
    const clean = async (): Promise<void> => {
      for (const [name, limits] of await runtimeCaches()) if (!limits) await caches.delete(name);
    };
    event.waitUntil(clean());
  });

  return (event, url) => {
    const context = { url, request: event.request, event, sameOrigin: url.origin === location.origin };
    return routed([...(code?.made ?? []), ...all, ...(code?.defaults ?? []), rest], context, async (failed) => {
      const { mode, method } = event.request;
      const caughtOne = await code?.caught()?.(failed);
      if (caughtOne || method !== 'GET') return caughtOne;
      const { precache } = given;
      const page = (mode === 'navigate' && precache.shellFor(url)) || pageOf(event.request);
      return page ? precache.match(page) : undefined;
    });
  };
}
