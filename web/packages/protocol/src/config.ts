// CONFIG: what the server puts in front of the worker (spec/worker.md).
import type { FoldRule } from './fold.ts';
import type { Json } from './json.ts';
import type { OutboxRule } from './outbox.ts';

export interface Resource extends FoldRule {
  path: string; // '/rooms/:id/feed.json'
  channel: string; // 'room-:id'
  initial: Json;
  definition?: string; // of the rules: copies that were folded by others carry another one
  origin?: boolean; // an origin makes the body, which may hold events that come again: they are keyed
  exact?: boolean; // or that origin states the position of every body
  private?: boolean; // of a private channel: copies are of one user, and a token is shown
}

export type StrategyName =
  'cache-first' | 'network-first' | 'stale-while-revalidate' | 'cache-only' | 'network-only' | 'cache-and-update';

// Which requests are answered how, and how much of it is kept.
export interface RouteRule {
  match: string; // '/img/*', '/rooms/:id', 'https://fonts.example/*'
  methods?: string[]; // GET if absent
  destination?: string[]; // any if absent
  strategy: StrategyName;
  cache?: string;
  timeout?: number; // ms that the network has while there is a copy
  entries?: number;
  age?: number; // ms
  bytes?: number;
  priority?: number; // the lowest makes room first
  perUser?: boolean;
  types?: string[]; // 'image/*'
  opaque?: boolean; // answers of other origins that nobody may read are kept, too
  ignoreSearch?: boolean;
}

export interface Config {
  version: string;
  app: string;
  manifest: string;
  precache: [url: string, revision: string][];
  resources: Resource[];
  maxBytes: number;
  routes?: RouteRule[]; // the first that matches counts
  fallback?: Record<string, string>; // precached URLs by destination
  spa?: string; // the precached page for navigations to unknown paths
  preload?: boolean; // navigations begin before the worker has started
  parts?: string[]; // what stands in front of the core in /sw.js
  update?: 'ask' | 'auto'; // how a new version takes over: 'ask' if absent
  logout?: string[]; // paths: a request there that succeeds wipes what is kept per user
  outbox?: OutboxRule[]; // the first that matches counts
  outboxKeys?: number; // ms that the server remembers keys
  token?: string; // where a token is to be had: GET, {"token":"…"}
}

// A resource's URL with its channel filled in and its limits complete.
export interface LiveUrl {
  url: string;
  channel: string;
  rule: FoldRule;
  definition: string; // '' if the server names none
  private?: boolean | undefined;
}

// The first resource that `path` belongs to. A parameter is one segment of a path, made of a channel name's characters.
export function matchResource(config: Config, path: string): LiveUrl | undefined {
  const segments = path.split('/');
  for (const resource of config.resources) {
    const pattern = resource.path.split('/');
    const values = new Map<string, string>();
    const matches = (part: string, i: number): boolean => {
      const segment = segments[i] as string;
      if (part[0] !== ':') return part === segment;
      values.set(part, segment);
      return /^[\w=@,.;-]+$/.test(segment);
    };
    if (pattern.length !== segments.length || !pattern.every(matches)) continue;
    const channel = fill(resource.channel, values);
    if (channel === undefined) continue;
    return {
      url: path,
      channel,
      rule: { maxBytes: config.maxBytes, ...resource },
      definition: resource.definition ?? '',
      private: resource.private,
    };
  }
  return undefined;
}

// undefined if the name is too long, or would be read back as another path: of two parameters the first takes as
// little as it can.
function fill(channel: string, values: Map<string, string>): string | undefined {
  const parts = channel.split(/(:\w+)/).map((part) => values.get(part) ?? part);
  for (let i = 1; i < parts.length - 2; i += 2) {
    const rest = parts.slice(i).join('');
    if (rest.indexOf(parts[i + 1] as string, 1) !== parts[i]?.length) return undefined;
  }
  const name = parts.join('');
  return name.length <= 200 ? name : undefined;
}
