// Every row of the table of spec/outbox.md, The answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff } from '../src/backoff.ts';
import { judge, problemOf } from '../src/judge.ts';
import { problem, stored } from './world.ts';

type Row = [what: string, answer: Response, state: string, problem?: string];

const plain = (status: number): Response => new Response(null, { status });
const opaque = { status: 0, headers: new Headers() } as Response;

const rows: Row[] = [
  ['2xx with Idempotency-Status', stored(), 'done'],
  ['2xx that is a replay', stored('', { status: 201, headers: { 'Idempotency-Status': 'replayed' } }), 'done'],
  ['2xx without', plain(200), 'queued'],
  ['204 without', plain(204), 'queued'],
  ['an opaque redirect', opaque, 'queued'],
  ['401', plain(401), 'held', 'needs-auth'],
  ['403 other-user', problem(403, 'other-user'), 'held', 'other-user'],
  ['403', plain(403), 'rejected', '403'],
  ['403 not-allowed', problem(403, 'not-allowed'), 'rejected', 'not-allowed'],
  ...[407, 408, 425, 429, 500, 502, 503, 504, 507, 511].map((status): Row => [`${status}`, plain(status), 'queued']),
  ['409 outstanding', problem(409, 'outstanding'), 'queued'],
  ['409 decided', problem(409, 'decided'), 'done'],
  ['409 outcome-unknown', problem(409, 'outcome-unknown'), 'held', 'unknown'],
  ['409', stored('', { status: 409 }), 'conflict', '409'],
  ['412', plain(412), 'conflict', '412'],
  ['422 key-reused', problem(422, 'key-reused'), 'rejected', 'key-reused'],
  ...[300, 304, 400, 402, 404, 405, 410, 413, 415, 422, 501, 505].map((status): Row => [
    `${status}`,
    plain(status),
    'rejected',
    `${status}`,
  ]),
];

for (const [what, answer, state, why] of rows) {
  test(`${what}: ${state}${why ? `, ${why}` : ''}`, async () => {
    const name = answer === opaque ? '' : await problemOf(answer, await answer.blob());
    assert.deepEqual(judge(answer, name, false), why ? { state, problem: why } : { state });
  });
}

test('a foreign origin’s 2xx is believed where the rule says so, and nothing else of it', () => {
  assert.equal(judge(plain(200), '', true).state, 'done');
  assert.equal(judge(plain(503), '', true).state, 'queued');
});

test('a problem is one of ours by its type and its media type', async () => {
  const of = async (body: string, type: string): Promise<string> => {
    const response = new Response(body, { headers: { 'Content-Type': type } });
    return problemOf(response, await response.blob());
  };
  const type = 'application/problem+json; charset=utf-8';
  assert.equal(await of('{"type":"/_offing/problems/decided"}', type), 'decided');
  assert.equal(await of('{"type":"/_offing/problems/decided"}', 'application/json'), '');
  assert.equal(await of('{"type":"https://elsewhere.test/decided"}', type), '');
  for (const broken of ['', 'null', '{', '[]']) assert.equal(await of(broken, type), '');
});

test('what waits for the next attempt: full jitter below 1 s · 2^n, 5 minutes at most', () => {
  assert.equal(backoff(1, 0.999, null, 0), 1998);
  assert.equal(backoff(3, 0.5, null, 0), 4_000);
  assert.equal(backoff(3, 0, null, 0), 0);
  assert.equal(backoff(60, 1, undefined, 0), 300_000);
});

test('Retry-After counts, in seconds or as a date, from one second to one hour', () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(backoff(1, 0, '7', now), 7_000);
  assert.equal(backoff(1, 0, 'Thu, 01 Jan 2026 00:00:30 GMT', now), 30_000);
  assert.equal(backoff(1, 0, '0', now), 1_000);
  assert.equal(backoff(1, 0, '90000', now), 3_600_000);
  assert.equal(backoff(1, 0.5, 'soon', now), 1_000, 'what cannot be read says nothing');
});
