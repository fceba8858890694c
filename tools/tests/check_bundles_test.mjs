import assert from 'node:assert/strict';
import test from 'node:test';

import { addedSize, brotliSize, checkBundles } from '../check_bundles.mjs';

const text = Buffer.from('offing '.repeat(100) + Math.PI);

test('a bundle at its budget passes and one byte over it fails', () => {
  const size = brotliSize(text);
  assert.equal(checkBundles({ 'a.js': size }, () => text).ok, true);
  assert.equal(checkBundles({ 'a.js': size - 1 }, () => text).ok, false);
});

test('a part weighs what it adds to what it stands in front of', () => {
  const read = (path) => (path === 'core.js' ? text : Buffer.concat([text, Buffer.from('and more')]));
  const added = addedSize(read('part.js'), text);
  assert.ok(added > 0 && added < brotliSize(read('part.js')));
  assert.equal(checkBundles({ 'part.js': added }, read, { 'part.js': 'core.js' }).ok, true);
  assert.equal(checkBundles({ 'part.js': added - 1 }, read, { 'part.js': 'core.js' }).ok, false);
});

test('a bundle that is missing or empty fails', () => {
  assert.equal(checkBundles({ 'a.js': 100 }, () => null).ok, false);
  assert.equal(checkBundles({ 'a.js': 100 }, () => Buffer.alloc(0)).ok, false);
});
