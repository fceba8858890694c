// The worker's parts, for a worker that an app writes itself. `config` is what the server put in front of the module.
import { type Config, jsonPatch, optional } from '@offing/protocol';
import { outbox } from './outbox/outbox.ts';
import { allRoutes } from './routes/code.ts';
import { start as startWith } from './start.ts';

export {
  type Capability,
  type CapabilityName,
  type Config,
  matchResource,
  type Resource,
  support,
} from '@offing/protocol';
export { Feed, type FeedHost } from './feed.ts';
export { answer } from './fetch.ts';
export { KeepAlive, type KeepAliveHost } from './keep-alive.ts';
export { LiveCache } from './live-cache.ts';
export { type DocumentHost, LiveDocument, MAX_QUEUE } from './live-document.ts';
export { Live, type LiveHost, MAX_LIVE } from './live.ts';
export { type Fetch, Precache } from './precache.ts';
export { cut } from './range.ts';
export {
  NavigationRoute,
  registerRoute,
  Route,
  route,
  type RouteHandler,
  type RouteMatch,
  setCatchHandler,
  setDefaultHandler,
} from './routes/code.ts';
export type { HandlerContext, Match, Matcher, RouteOptions } from './routes/router.ts';
export {
  CacheAndUpdate,
  CacheFirst,
  CacheOnly,
  NetworkFirst,
  NetworkOnly,
  StaleWhileRevalidate,
  Strategy,
  type StrategyOptions,
} from './strategies/classes.ts';
export type { Plugin } from './strategies/plugin.ts';
export {
  BroadcastUpdatePlugin,
  CacheableResponsePlugin,
  ExpirationPlugin,
  RangeRequestsPlugin,
} from './strategies/plugins.ts';
export { StrategyHandler } from './strategies/strategy-handler.ts';
export { putFor, setUser, userSpace } from './user.ts';

// Adds the listeners, with the routes that were made so far and will be made while the script runs for the first time.
export function start(given: Config): void {
  optional['json-patch'] = jsonPatch;
  startWith(given, { routes: allRoutes, outbox });
}

export const config = (globalThis as unknown as { __OFFING: Config }).__OFFING;
