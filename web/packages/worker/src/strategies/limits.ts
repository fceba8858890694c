// How much each runtime cache may hold. The first route that names a cache says so for all that share it.
import type { Config } from '@offing/protocol';

export type RouteRule = NonNullable<Config['routes']>[number];
export type StrategyName = RouteRule['strategy'];
// What a strategy keeps, and for whom: the part of a route that is about its cache.
export type CacheRules = Omit<RouteRule, 'match' | 'methods' | 'destination' | 'strategy'>;

export interface Limits {
  entries: number;
  age: number; // ms
  bytes: number;
  priority: number;
}

const known = new Map<string, Limits>();

export const DEFAULT_CACHE = 'default';

export function limitsOf(rules: CacheRules): Limits {
  const { cache = DEFAULT_CACHE, entries = 200, age = Infinity, bytes = 5e7, priority = 0 } = rules;
  const limits = known.get(cache) ?? { entries, age, bytes, priority };
  known.set(cache, limits);
  return limits;
}

// The runtime caches that the browser has: offing-run-NAME, offing-user-HASH-NAME. Those without limits are of no route any more.
export async function runtimeCaches(): Promise<[name: string, limits: Limits | undefined][]> {
  const names = (await caches.keys()).map((name) => /^offing-(?:run|user-\w+)-(.*)/.exec(name));
  return names.flatMap((found) => (found ? [[found[0], known.get(found[1] ?? '')]] : []));
}
