// Which handler answers a request: the first route that matches, and the fallback where the handler has no answer.
import { isAway } from '../strategies/judge.ts';

export interface Match {
  url: URL;
  request: Request;
  event: FetchEvent;
  sameOrigin: boolean;
}

export interface HandlerContext extends Match {
  params?: unknown;
}

export type Matcher = (match: Match) => unknown;
export type Handler = (context: HandlerContext) => Promise<Response | undefined>;

export interface RouteOptions {
  methods?: string[] | undefined; // GET if absent
  destination?: string[] | undefined; // any if absent; 'document' for every navigation
}

export interface Route extends RouteOptions {
  match: Matcher;
  handler: Handler;
}

export const destinationOf = ({ mode, destination }: Request): string =>
  mode === 'navigate' ? 'document' : destination;

// undefined: no route matches.
export function routed(routes: Route[], context: Match, fallback: Handler): Promise<Response> | undefined {
  const { request } = context;
  for (const { match, handler, methods = ['GET'], destination } of routes) {
    if (!methods.includes(request.method) || destination?.includes(destinationOf(request)) === false) continue;
    const params = match(context);
    if (params) return respond(handler, { ...context, params }, fallback);
  }
  return undefined;
}

async function respond(handler: Handler, context: HandlerContext, fallback: Handler): Promise<Response> {
  let problem: unknown = new TypeError(`offing: no answer for ${context.url}`);
  const response = await handler(context).catch((error: unknown) => void (problem = error));
  if (response && !isAway(response) && response.type !== 'error') return response;
  const instead = (await fallback(context)) ?? response;
  if (instead) return instead;
  throw problem;
}
