// Files of sizes around which a server may change its ways.
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import { bothServers, get, table } from './table.mjs';
import { pattern, SIZES } from './site.mjs';

const on = bothServers();
const sized = SIZES.filter((size) => size > 8).flatMap((size) => {
  const file = `/size-${size}.bin`;
  const bytes = pattern(size).toString('latin1');
  return [
    {
      name: `a file of ${size} bytes is whole`,
      send: get(file),
      is: { status: 200, headers: { 'content-length': String(size) }, body: bytes },
    },
    {
      name: `the last byte of ${size}`,
      send: get(file, { Range: `bytes=${size - 1}-` }),
      is: { status: 206, body: bytes.slice(-1) },
    },
    {
      name: `all but the first byte of ${size}`,
      send: get(file, { Range: 'bytes=1-' }),
      is: { status: 206, body: bytes.slice(1) },
    },
    { name: `behind the last byte of ${size}`, send: get(file, { Range: `bytes=${size}-` }), is: { status: 416 } },
  ];
});
table('sizes', on, [
  { name: 'a file of one byte', send: get('/size-1.bin', { Range: 'bytes=0-' }), is: { status: 206 } },
  ...sized,
]);

describe('one request after another', () => {
  for (const who of ['offing', 'nginx']) {
    for (const size of [65_536, 262_145, 2_097_153]) {
      test(`${who}: ${size} bytes ten times on one connection, without a wait between`, async () => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const began = Date.now();
        for (let at = 0; at < 10; ++at) assert.equal(await lengthOf(on[who].port, `/size-${size}.bin`, agent), size);
        assert.ok(Date.now() - began < 2_000, `${Date.now() - began} ms for ten`);
        agent.destroy();
      });
    }
  }
});

function lengthOf(port, path, agent) {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, path, agent }, async (response) => {
      let length = 0;
      for await (const chunk of response) length += chunk.length;
      resolve(length);
    });
    request.on('error', reject);
  });
}
