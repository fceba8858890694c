import assert from 'node:assert/strict';
import test from 'node:test';

import { brotliSize, checkBundles } from '../check_bundles.mjs';

const text = Buffer.from('offing '.repeat(100) + Math.PI);

test('a bundle at its budget passes and one byte over it fails', () => {
  const size = brotliSize(text);
  assert.equal(checkBundles({ 'a.js': size }, () => text).ok, true);
  assert.equal(checkBundles({ 'a.js': size - 1 }, () => text).ok, false);
});

test('a bundle that is missing or empty fails', () => {
  assert.equal(checkBundles({ 'a.js': 100 }, () => null).ok, false);
  assert.equal(checkBundles({ 'a.js': 100 }, () => Buffer.alloc(0)).ok, false);
});
