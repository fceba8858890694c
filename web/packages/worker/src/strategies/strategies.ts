// The strategies: where an answer comes from, and what is kept of it.
import type { Handling } from './handling.ts';
import { host } from './host.ts';
import { isAway, isWrongType } from './judge.ts';
import type { StrategyName } from './limits.ts';

export type Strategy = (handling: Handling, request: Request) => Promise<Response | undefined>;

const after = (ms: number | undefined): Promise<undefined> => new Promise((resolve) => ms && setTimeout(resolve, ms));

// Tells the pages of a cached URL that has a new body.
export async function tellIfChanged(url: string, cache: string, ...bodies: Response[]): Promise<void> {
  const [before, now] = await Promise.all(bodies.map((body) => body.arrayBuffer()));
  if (indexedDB.cmp(before, now)) await host.send({ offing: 'changed', url, cache });
}

function update(handling: Handling, request: Request, then?: () => Promise<unknown>): Promise<Response> {
  const network = handling.fetchAndCachePut(request, then);
  handling.hold(network);
  return network;
}

export const strategies: Record<StrategyName, Strategy> = {
  'network-only': (handling, request) => handling.fetch(request),
  'cache-only': (handling, request) => handling.cacheMatch(request),
  'cache-first': async (handling, request) =>
    (await handling.cacheMatch(request)) ?? handling.fetchAndCachePut(request),
  'network-first': async (handling, request) => {
    const { timeout, types } = handling.rules;
    const network = update(handling, request);
    const answer = await Promise.race([network, after(timeout)]).catch(() => undefined);
    if (answer && !isAway(answer) && !isWrongType(request, answer, types)) return answer;
    return (await handling.cacheMatch(request)) ?? network;
  },
  'stale-while-revalidate': async (handling, request) => {
    const network = update(handling, request);
    return (await handling.cacheMatch(request)) ?? network;
  },
  'cache-and-update': async (handling, request) => {
    const found = await handling.cacheMatch(request);
    const before = found?.clone();
    const network = update(handling, request, async () => {
      const now = before && (await handling.cacheMatch(request));
      if (now) await tellIfChanged(request.url, (await handling.place)?.name ?? '', before, now);
    });
    return found ?? network;
  },
};

const filling = new Set<string>();

// A part comes from the cached whole, or else from the network while the whole is fetched for the next time.
async function part(handling: Handling, request: Request, name: StrategyName): Promise<Response | undefined> {
  const { url } = request;
  const whole = new Request(url);
  const first = name === 'network-first' ? await handling.fetch(request).catch(() => undefined) : undefined;
  if (first && !isAway(first)) return first;
  const found = await handling.cacheMatch(whole);
  if (found) return host.cut(request, found);
  if (name === 'cache-only') return undefined;
  // Once in the worker's life: what may not be stored is not asked for with every part.
  if (!filling.has(url)) {
    if (filling.size > 99) filling.clear();
    filling.add(url);
    const fill = handling.fetch(whole).then((response) => handling.cachePut(whole, response));
    handling.hold(fill.catch(() => filling.delete(url)));
  }
  return first ?? handling.fetch(request);
}

export const isPart = ({ headers }: Request, name: StrategyName): boolean =>
  headers.has('Range') && name !== 'network-only';

export const run = (name: StrategyName, handling: Handling, request: Request): Promise<Response | undefined> =>
  (isPart(request, name) ? part : strategies[name])(handling, request, name);
