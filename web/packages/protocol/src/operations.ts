// The operations by which events change a live resource's value (spec/live-resources.md). Pure: a value is never
// changed in place, and the parts that stay are shared between the old and the new one.
import { isObject, jsonEqual, setMember, type Json, type JsonObject } from './json.ts';

// `max`: how many bytes it may copy, all in all.
export type Operation = (value: Json, data: Json, max?: number) => Json | undefined;

// Operations that not every site needs: to be put here before the first event.
export const optional: { 'json-patch'?: Operation | undefined } = {};

export interface Limits {
  limit?: number; // items kept in an array, after prepend, append and upsert
  maxBytes?: number; // of the value as compact JSON
  key?: string; // prepend and append replace the item with the same one where it stands
}

// The new value, or undefined if the event cannot be applied. That the result is within maxBytes is the caller's to see.
export function applyOperation(operation: string, value: Json, data: Json, limits: Limits): Json | undefined {
  const { limit, maxBytes } = limits;
  switch (operation) {
    case 'invalidate':
      return value;
    case 'replace':
      return data;
    case 'merge-patch':
      return mergePatch(value, data);
    case 'json-patch':
      return optional[operation]?.(value, data, maxBytes);
  }
  if (!Array.isArray(value)) return undefined;
  if (operation === 'prepend' || operation === 'append') {
    return put(value, data, operation === 'prepend', limit, limits.key);
  }
  const colon = operation.indexOf(':');
  const key = operation.slice(colon + 1);
  switch (operation.slice(0, colon)) {
    case 'upsert':
      return put(value, data, false, limit, key);
    case 'remove':
      return remove(value, data, key);
    default:
      return undefined;
  }
}

const member = (item: Json, key: string): Json | undefined =>
  isObject(item) && Object.hasOwn(item, key) ? item[key] : undefined;

const matches = (item: Json, key: string, wanted: Json): boolean => {
  const found = member(item, key);
  return found !== undefined && jsonEqual(found, wanted);
};

// Adds data at one end, or with a key in place of the item that has the same; beyond the limit items go from the other
// end.
function put(value: Json[], data: Json, atFront: boolean, limit = Infinity, key?: string): Json | undefined {
  const wanted = key === undefined ? undefined : member(data, key);
  if (key !== undefined && wanted === undefined) return undefined;
  const at = wanted === undefined ? -1 : value.findIndex((item) => matches(item, key as string, wanted));
  const items =
    at >= 0 ? value.map((item, i) => (i === at ? data : item)) : atFront ? [data, ...value] : [...value, data];
  return atFront ? items.slice(0, limit) : items.length > limit ? items.slice(-limit) : items;
}

function remove(value: Json[], data: Json, key: string): Json | undefined {
  const wanted = isObject(data) ? member(data, key) : data;
  return wanted === undefined ? undefined : value.filter((item) => !matches(item, key, wanted));
}

// RFC 7396.
function mergePatch(value: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(value) ? { ...value } : {};
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) {
      delete result[name];
    } else {
      setMember(result, name, mergePatch(member(result, name) ?? null, change));
    }
  }
  return result;
}
