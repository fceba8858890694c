// CONFIG: what the server puts in front of the worker (spec/worker.md).
import type { FoldRule } from './fold.ts';
import type { Json } from './json.ts';

export interface Resource extends FoldRule {
  path: string; // '/rooms/:id/feed.json'
  channel: string; // 'room-:id'
  initial: Json;
  definition?: string; // of the rules: copies that were folded by others carry another one
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
  definition: string; // '' if the server names none
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
