// Routes that a worker makes in code; they stand before those of CONFIG. To be made while the script runs for the first time.
import type { Config } from '@offing/protocol';
import type { Host, RoutesPart } from '../parts.ts';
import { pattern } from './pattern.ts';
import type { Handler, HandlerContext, Matcher, Route as Entry, RouteOptions } from './router.ts';
import { routes } from './routes.ts';

type Answer = Response | undefined | void;
export type HandlerFunction = (context: HandlerContext) => Promise<Answer> | Answer;
export type RouteHandler = HandlerFunction | { handle(context: HandlerContext): Promise<Answer> | Answer };
export type RouteMatch = string | RegExp | Matcher;

const made: Entry[] = [];
const defaults: Entry[] = [];
let caught: Handler | undefined;

// Parameters that say nothing are none.
function handlerOf(handler: RouteHandler): Handler {
  return async ({ params, ...about }) => {
    const named = typeof params === 'object' && params && Object.keys(params).length;
    const context = named ? { ...about, params } : about;
    return (await (typeof handler === 'function' ? handler(context) : handler.handle(context))) ?? undefined;
  };
}

// A regular expression sees the whole URL; in another origin's it must match from the beginning.
function matcherOf(match: RouteMatch): Matcher {
  if (typeof match === 'string') {
    const matches = pattern(match);
    return ({ url }) => matches(url);
  }
  if (typeof match === 'function') return match;
  return ({ url, sameOrigin }) => {
    const found = match.exec(url.href);
    return found && (sameOrigin || !found.index) ? found.slice(1) : undefined;
  };
}

export function route(match: RouteMatch, handler: RouteHandler, options: RouteOptions = {}): void {
  made.push({ match: matcherOf(match), handler: handlerOf(handler), ...options });
}

// Answers what no route does.
export function setDefaultHandler(handler: RouteHandler, method = 'GET'): void {
  defaults.push({ match: () => true, handler: handlerOf(handler), methods: [method] });
}

// Answers what a route's handler could not; CONFIG's fallbacks come after it.
export function setCatchHandler(handler: RouteHandler): void {
  caught = handlerOf(handler);
}

// Workbox's way to say it.
export class Route {
  readonly match: RouteMatch;
  readonly handler: RouteHandler;
  readonly method: string;

  constructor(match: RouteMatch, handler: RouteHandler, method = 'GET') {
    this.match = match;
    this.handler = handler;
    this.method = method;
  }
}

export class NavigationRoute extends Route {
  constructor(
    handler: RouteHandler,
    { allowlist = [/./], denylist = [] }: { allowlist?: RegExp[]; denylist?: RegExp[] } = {},
  ) {
    super(({ url: { pathname, search }, request }) => {
      const one = (list: RegExp[]): boolean => list.some((each) => each.test(pathname + search));
      return request.mode === 'navigate' && !one(denylist) && one(allowlist);
    }, handler);
  }
}

export function registerRoute(match: RouteMatch | Route, handler?: RouteHandler, method = 'GET'): void {
  if (match instanceof Route) route(match.match, match.handler, { methods: [match.method] });
  else if (handler) route(match, handler, { methods: [method] });
}

export const allRoutes = (config: Config, host: Host): RoutesPart =>
  routes(config, host, { made, defaults, caught: () => caught });
