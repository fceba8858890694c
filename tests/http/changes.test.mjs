// A file that changes while it is sent. Both servers hold the file open that they began with.
import assert from 'node:assert/strict';
import { renameSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parseResponses } from '../lib/raw-http.mjs';
import { bothServers, get, talk } from './table.mjs';
import { CHANGED } from './site.mjs';

const on = bothServers();
const SIZE = 32 << 20; // far more than the kernel keeps for a connection
const letter = (char, size = SIZE) => Buffer.alloc(size, char);

// Asks for `target`, stops reading after the first bytes, lets `change` happen, and reads on: the answer.
function interrupted(port, target, change) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = net.connect(port, '127.0.0.1', () => socket.write(get(target)));
    const finish = () => resolve(parseResponses(Buffer.concat(chunks).toString('latin1'))[0]);
    socket.on('error', finish).on('close', finish);
    socket.once('data', (first) => {
      chunks.push(first);
      socket.pause();
      try {
        change();
      } catch (error) {
        reject(error);
      }
      socket.on('data', (chunk) => chunks.push(chunk)).resume();
    });
  });
}

const only = (body, char) => assert.equal(body.replaceAll(char, '').length, 0, `something else than ${char}`);
const servers = ['offing', 'nginx'];

describe('a file that is replaced while it is sent', () => {
  for (const who of servers) {
    test(`${who}: by another under its name, comes whole as it was, and then as it is`, async () => {
      const file = path.join(on.site, `replaced-by-${who}.bin`);
      writeFileSync(file, letter('a'));
      const change = () => {
        writeFileSync(`${file}.new`, letter('b', 1_000));
        renameSync(`${file}.new`, file);
      };
      const before = await interrupted(on[who].port, `/${path.basename(file)}`, change);
      assert.deepEqual([before.status, before.cut, before.body.length], [200, false, SIZE]);
      only(before.body, 'a');
      const [now] = (await talk(on[who], get(`/${path.basename(file)}`))).answers;
      assert.deepEqual([now.status, now.body], [200, 'b'.repeat(1_000)]);
      assert.notEqual(now.headers.etag, before.headers.etag);
    });

    test(`${who}: by nothing, comes whole, and then is missing`, async () => {
      const file = path.join(on.site, `removed-by-${who}.bin`);
      writeFileSync(file, letter('a'));
      const before = await interrupted(on[who].port, `/${path.basename(file)}`, () => unlinkSync(file));
      assert.deepEqual([before.status, before.cut, before.body.length], [200, false, SIZE]);
      const [now] = (await talk(on[who], get(`/${path.basename(file)}`))).answers;
      assert.equal(now.status, 404);
    });

    test(`${who}: cut short in its place, is cut short for the client too, who can tell`, async () => {
      const file = path.join(on.site, `truncated-by-${who}.bin`);
      writeFileSync(file, letter('a'));
      const before = await interrupted(on[who].port, `/${path.basename(file)}`, () => truncateSync(file, 1_000));
      assert.equal(before.headers['content-length'], String(SIZE));
      assert.ok(before.cut, 'the body is shorter than its length says');
    });

    test(`${who}: grown in its place, ends where it ended`, async () => {
      const file = path.join(on.site, `grown-by-${who}.bin`);
      writeFileSync(file, letter('a'));
      const more = () => writeFileSync(file, letter('b', 1_000), { flag: 'a' });
      const before = await interrupted(on[who].port, `/${path.basename(file)}`, more);
      assert.deepEqual([before.status, before.cut, before.body.length], [200, false, SIZE]);
      only(before.body, 'a');
      const [now] = (await talk(on[who], get(`/${path.basename(file)}`, { Range: 'bytes=-1000' }))).answers;
      assert.deepEqual([now.status, now.body], [206, 'b'.repeat(1_000)]);
    });
  }

  test('a file rewritten with other bytes of the same length within the same second: only ours has another tag', async () => {
    const file = path.join(on.site, 'same-second.txt');
    const tags = {};
    for (const content of ['one', 'two']) {
      writeFileSync(file, content);
      utimesSync(file, new Date(CHANGED), new Date(CHANGED));
      for (const who of servers)
        (tags[who] ??= new Set()).add((await talk(on[who], get('/same-second.txt'))).answers[0].headers.etag);
    }
    assert.deepEqual(
      [tags.offing.size, tags.nginx.size],
      [2, 1],
      'decision: a tag is a hash, so that no change is missed',
    );
  });
});
