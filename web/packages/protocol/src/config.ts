// CONFIG: what the server puts in front of the worker (spec/worker.md).
import type { FoldRule } from './fold.ts';
import type { Json } from './json.ts';

export interface Resource extends FoldRule {
  path: string; // '/rooms/:id/feed.json'
  channel: string; // 'room-:id'
  initial: Json;
}

export interface Config {
  version: string;
  app: string;
  manifest: string;
  precache: [url: string, revision: string][];
  resources: Resource[];
  maxBytes: number;
}

// A resource's URL with its channel filled in and its limits complete.
export interface LiveUrl {
  url: string;
  channel: string;
  rule: FoldRule;
}

// The first resource that `path` belongs to. `:name` matches one segment that is not empty.
export function matchResource(config: Config, path: string): LiveUrl | undefined {
  for (const resource of config.resources) {
    const names: string[] = [];
    const pattern = resource.path
      .split('/')
      .map((part) => (part[0] === ':' ? (names.push(part.slice(1)), '([^/]+)') : part.replace(/[^\w]/g, '\\$&')))
      .join('/');
    const match = new RegExp(`^${pattern}$`).exec(path);
    if (!match) continue;
    const values = match.slice(1).map(decode);
    const channel = resource.channel.replace(/:(\w+)/g, (whole, name: string) => values[names.indexOf(name)] ?? whole);
    if (!/^[\w=@,.;-]{1,200}$/.test(channel)) continue;
    return { url: path, channel, rule: { maxBytes: config.maxBytes, ...resource } };
  }
  return undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}
