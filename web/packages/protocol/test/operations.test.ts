import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fold,
  Folding,
  formatPosition,
  type Json,
  jsonEqual,
  jsonPatch,
  optional,
  parsePosition,
  type LogEvent,
  type FoldRule,
} from '../src/index.ts';
import { vectors } from './vectors.ts';

optional['json-patch'] = jsonPatch;

interface OperationCase {
  name: string;
  operation: string;
  limit?: number;
  maxBytes?: number;
  value: Json;
  data: string;
  result: Json;
  applied: boolean;
}

interface FoldCase extends FoldRule {
  name: string;
  initial: Json;
  position: string;
  value: Json;
  events: LogEvent[];
  result: Json;
  endPosition: string;
  gap?: boolean;
}

function assertSame(found: Json, wanted: Json): void {
  assert.ok(jsonEqual(found, wanted), `${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  // Once more without our own comparison. Text has no minus zero and no prototype.
  assert.deepEqual(JSON.parse(JSON.stringify(found)), JSON.parse(JSON.stringify(wanted)));
}

for (const vector of vectors<OperationCase>('operations.json')) {
  test(`operation: ${vector.name}`, () => {
    const before = JSON.stringify(vector.value);
    const folding = new Folding(vector.value, vector);
    assert.equal(folding.apply(vector.operation, vector.data), vector.applied);
    assertSame(folding.value, vector.result);
    assert.equal(JSON.stringify(vector.value), before, 'the old value was changed in place');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
}

for (const vector of vectors<FoldCase>('fold.json')) {
  test(`fold: ${vector.name}`, () => {
    const position = parsePosition(vector.position);
    assert.ok(position);
    const folded = fold({ value: vector.value, position }, vector.events, vector);
    assertSame(folded.value, vector.result);
    assert.equal(formatPosition(folded.position), vector.endPosition);
    assert.equal(folded.gap, vector.gap ?? false);
  });
}

test('a bound that was good enough for many events is measured again when it is not', () => {
  const folding = new Folding([], { limit: 2, maxBytes: 40 });
  for (let i = 0; i < 50; i++) assert.ok(folding.apply('append', 'abcdefgh'));
  assert.equal(folding.apply('append', 'x'.repeat(40)), false);
  assert.deepEqual(folding.value, ['abcdefgh', 'abcdefgh']);
});
