// A fold: a value, the position it stands at, and the events that move both.
import { byteLength, depthOf, MAX_DEPTH, parseData, type Json } from './json.ts';
import { applyOperation, type Limits } from './operations.ts';
import { parsePosition, relate, type Position } from './position.ts';

export interface FoldRule extends Limits {
  apply: Record<string, string>; // event name, or '*', to operation
}

export interface LogEvent {
  id: string;
  event: string;
  data: string;
  key?: string | undefined; // of the write that it is the effect of
}

export interface Copy {
  value: Json;
  position: Position;
}

export interface Folded extends Copy {
  added: number; // events that had an operation and could be applied
  invalidated: boolean; // an `invalidate` was among them
  gap: boolean; // the next event is missing: resume from `position`
}

// A value under the limits of a resource. Bytes and levels are bounded from above as events come and measured only
// when the bound is not good enough, so that an event costs what it changes and not what the document weighs.
export class Folding {
  value: Json;
  readonly #limits: Limits;
  #bytes = Infinity;
  #depth = Infinity;

  constructor(value: Json, limits: Limits) {
    this.value = value;
    this.#limits = limits;
  }

  // False if the event cannot be applied; the value is then what it was.
  apply(operation: string, text: string): boolean {
    if (operation === 'invalidate') return true;
    const data = parseData(text);
    const value = applyOperation(operation, this.value, data.value, this.#limits);
    if (value === undefined) return false;
    const max = this.#limits.maxBytes ?? Infinity;
    // One character of text is at most six bytes of JSON: an escape, or "1e20" written out.
    let bytes = this.#bytes + 6 * text.length + 3;
    let depth = Math.max(this.#depth, data.depth + 1);
    if (operation === 'json-patch' || bytes > max || depth > MAX_DEPTH) {
      bytes = byteLength(value);
      depth = depthOf(value);
      if (bytes > max || depth > MAX_DEPTH) return false;
    }
    this.#bytes = bytes;
    this.#depth = depth;
    this.value = value;
    return true;
  }
}

export function operationFor(rule: FoldRule, event: string): string | undefined {
  return Object.hasOwn(rule.apply, event) ? rule.apply[event] : rule.apply['*'];
}

// Applies what is next, ignores what is old, stops at a gap. An event that cannot be applied still moves the position.
export function fold(copy: Copy, events: readonly LogEvent[], rule: FoldRule): Folded {
  const folding = new Folding(copy.value, rule);
  let { position } = copy;
  let added = 0;
  let invalidated = false;
  let gap = false;
  for (const event of events) {
    const at = parsePosition(event.id);
    const relation = at ? relate(position, at) : 'gap';
    if (relation === 'old') continue;
    gap = relation === 'gap';
    if (gap) break;
    const operation = operationFor(rule, event.event);
    if (operation !== undefined && folding.apply(operation, event.data)) {
      added++;
      invalidated ||= operation === 'invalidate';
    }
    position = at as Position;
  }
  return { value: folding.value, position, added, invalidated, gap };
}
