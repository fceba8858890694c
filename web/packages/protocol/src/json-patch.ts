// RFC 6902 over RFC 6901 pointers. Values are never changed in place: a patch that fails half-way leaves no trace.
import { byteLength, depthOf, isObject, jsonEqual, MAX_DEPTH, setMember, type Json } from './json.ts';

// The patched value, or undefined if any operation fails. All `copy` operations together may copy `maxCopied` bytes:
// a few of them could double a value a few times.
export function jsonPatch(value: Json, patch: Json, maxCopied = Infinity): Json | undefined {
  if (!Array.isArray(patch)) return undefined;
  const copies = { left: maxCopied };
  let result: Json | undefined = value;
  for (const step of patch) {
    result = applyStep(result, step, copies);
    if (result === undefined) return undefined;
  }
  return result;
}

type Leaf = (parent: Json, token: string) => Json | undefined;

function applyStep(value: Json, step: Json, copies: { left: number }): Json | undefined {
  if (!isObject(step)) return undefined;
  const own = (name: string): Json | undefined => (Object.hasOwn(step, name) ? step[name] : undefined);
  const path = parsePointer(own('path'));
  if (!path) return undefined;
  const given = own('value');
  switch (own('op')) {
    case 'add':
      return given === undefined ? undefined : add(value, path, given);
    case 'replace':
      return given === undefined ? undefined : replace(value, path, given);
    case 'remove':
      return remove(value, path);
    case 'test': {
      const found = get(value, path);
      return given !== undefined && found !== undefined && jsonEqual(found, given) ? value : undefined;
    }
    case 'move':
    case 'copy': {
      const from = parsePointer(own('from'));
      const found = from && get(value, from);
      if (found === undefined) return undefined;
      if (own('op') === 'move') return move(value, from as string[], path, found);
      copies.left -= byteLength(found);
      return copies.left < 0 ? undefined : add(value, path, found);
    }
    default:
      return undefined;
  }
}

function move(value: Json, from: string[], to: string[], found: Json): Json | undefined {
  if (from.every((token, i) => token === to[i])) return from.length === to.length ? value : undefined;
  const rest = remove(value, from);
  return rest === undefined ? undefined : add(rest, to, found);
}

function parsePointer(text: Json | undefined): string[] | undefined {
  if (text === '') return [];
  if (typeof text !== 'string' || text[0] !== '/' || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replace(/~1/g, '/').replace(/~0/g, '~'));
}

// -1 for a token that is no index up to `last`.
function indexOf(token: string, last: number): number {
  return /^(0|[1-9]\d*)$/.test(token) && Number(token) <= last ? Number(token) : -1;
}

function child(parent: Json, token: string): Json | undefined {
  if (Array.isArray(parent)) return parent[indexOf(token, parent.length - 1)];
  return isObject(parent) && Object.hasOwn(parent, token) ? parent[token] : undefined;
}

function get(value: Json, path: string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const token of path) {
    if (found === undefined) return undefined;
    found = child(found, token);
  }
  return found;
}

// A copy of `value` in which `leaf` made the last container of `path` anew.
function edit(value: Json, path: string[], at: number, leaf: Leaf): Json | undefined {
  const token = path[at] as string;
  if (at === path.length - 1) return leaf(value, token);
  const inner = child(value, token);
  const made = inner === undefined ? undefined : edit(inner, path, at + 1, leaf);
  return made === undefined ? undefined : leafReplace(made)(value, token);
}

const leafReplace =
  (value: Json): Leaf =>
  (parent, token) => {
    if (child(parent, token) === undefined) return undefined;
    if (Array.isArray(parent)) return parent.map((item, i) => (i === Number(token) ? value : item));
    return withMember(parent, token, value);
  };

function withMember(parent: Json, token: string, value: Json): Json {
  const made = { ...(parent as object) };
  setMember(made, token, value);
  return made;
}

const fits = (path: string[], given: Json): boolean => path.length + depthOf(given) <= MAX_DEPTH;

function replace(value: Json, path: string[], given: Json): Json | undefined {
  if (!fits(path, given)) return undefined;
  return path.length ? edit(value, path, 0, leafReplace(given)) : given;
}

function add(value: Json, path: string[], given: Json): Json | undefined {
  if (!fits(path, given)) return undefined;
  if (!path.length) return given;
  return edit(value, path, 0, (parent, token) => {
    if (isObject(parent)) return withMember(parent, token, given);
    if (!Array.isArray(parent)) return undefined;
    const at = token === '-' ? parent.length : indexOf(token, parent.length);
    return at < 0 ? undefined : [...parent.slice(0, at), given, ...parent.slice(at)];
  });
}

function remove(value: Json, path: string[]): Json | undefined {
  if (!path.length) return undefined;
  return edit(value, path, 0, (parent, token) => {
    if (child(parent, token) === undefined) return undefined;
    if (Array.isArray(parent)) return parent.filter((_, i) => i !== Number(token));
    const made = { ...(parent as object) } as Record<string, Json>;
    delete made[token];
    return made;
  });
}
