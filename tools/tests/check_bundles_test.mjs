import assert from 'node:assert/strict';
import test from 'node:test';

import { brotliSize, checkBundles } from '../check_bundles.mjs';

const text = Buffer.from('offing '.repeat(100) + Math.PI);

test('a bundle at its budget passes and one byte over it fails', () => {
  const size = brotliSize(text);
  assert.equal(checkBundles({ 'a.js': size }, () => text).ok, true);
  assert.equal(checkBundles({ 'a.js': size - 1 }, () => text).ok, false);
});

test('a composition weighs what its files weigh together', () => {
  const read = (path) => (path === 'core.js' ? text : Buffer.concat([text, Buffer.from('and more')]));
  const files = ['part.js', 'core.js'];
  const size = brotliSize(Buffer.concat(files.map(read)));
  assert.ok(size < brotliSize(read('part.js')) + brotliSize(text));
  assert.equal(checkBundles({}, read, { both: { files, budget: size } }).ok, true);
  assert.equal(checkBundles({}, read, { both: { files, budget: size - 1 } }).ok, false);
});

test('a bundle that is missing or empty fails, also as a part', () => {
  assert.equal(checkBundles({ 'a.js': 100 }, () => null).ok, false);
  assert.equal(checkBundles({ 'a.js': 100 }, () => Buffer.alloc(0)).ok, false);
  assert.equal(checkBundles({}, () => null, { both: { files: ['a.js'], budget: 100 } }).ok, false);
});
