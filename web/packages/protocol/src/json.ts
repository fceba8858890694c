// JSON as both sides of a fold read it: I-JSON (RFC 7493) within 64 levels, so that a document never means one thing
// to the server and another to the browser. Objects are plain objects whose members are all their own: a member called
// `__proto__` is only a member.

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

export const MAX_DEPTH = 64;

// What an event's data stands for, and how many levels of arrays and objects it has.
export interface Data {
  value: Json;
  depth: number;
}

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function setMember(object: JsonObject, name: string, value: Json): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

export function jsonEqual(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => jsonEqual(item, b[i] as Json));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && jsonEqual(a[name] as Json, b[name] as Json))
  );
}

// The JSON value of `text`, or the text itself if it is not JSON.
export function parseData(text: string): Data {
  try {
    const value = JSON.parse(text) as Json;
    const found = { members: 0, depth: 0 };
    survey(value, 0, found);
    // JSON.parse keeps the last of two members of one name; the text still has a colon for each.
    if (found.members === colons(text)) return { value, depth: found.depth };
  } catch {
    // Not JSON.
  }
  return { value: text, depth: 0 };
}

export const byteLength = (value: Json): number => new TextEncoder().encode(JSON.stringify(value)).length;

export function depthOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const name in value) deepest = Math.max(deepest, depthOf((value as JsonObject)[name] as Json));
  return deepest + 1;
}

const colons = (text: string): number => text.replace(/"(?:[^"\\]+|\\.)*"/g, '').split(':').length - 1;

// Throws at what JSON.parse lets pass and I-JSON does not.
function survey(value: Json, level: number, found: { members: number; depth: number }): void {
  if (typeof value === 'string') {
    encodeURIComponent(value); // throws at a lone surrogate
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw value;
  } else if (typeof value === 'object' && value !== null) {
    if (level >= MAX_DEPTH) throw level;
    found.depth = Math.max(found.depth, level + 1);
    for (const [name, member] of Object.entries(value)) {
      if (!Array.isArray(value)) {
        encodeURIComponent(name);
        found.members++;
      }
      survey(member, level + 1, found);
    }
  }
}
