// Processor time from the scheduler's own books, load by wrk, medians, and tables.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const processors = os.cpus().length;
// The server under test has one processor; whatever drives it or stands behind it has the other.
export const SERVER_CPU = 0;
export const OTHER_CPU = 1 % processors;

// Seconds of processor time, user and system, of these processes with all their threads.
export function cpuSeconds(pids) {
  let total = 0;
  for (const pid of pids) {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
  }
  return total / 1e9;
}

// Drives `url` for so many seconds: {requests, perSecond}. script: a Lua file of wrk's.
export async function wrk(url, { connections, seconds, script, cpu = OTHER_CPU }) {
  const args = ['-c', String(cpu), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s'];
  const { stdout } = await run('taskset', [...args, ...(script ? ['-s', script] : []), url]);
  const bad = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout);
  if (bad) throw new Error(`${url}: ${bad[0]}`);
  const [, requests, took] = /(\d+) requests in ([\d.]+)s/.exec(stdout);
  return { requests: Number(requests), perSecond: Number(requests) / Number(took) };
}

// The same load for a server whose processes are `pids`: {perSecond, cpu: seconds of processor time for each request}.
export async function load(url, pids, options) {
  await wrk(url, { ...options, seconds: 1 }); // warm
  const before = cpuSeconds(pids);
  const { requests, perSecond } = await wrk(url, options);
  return { perSecond, cpu: (cpuSeconds(pids) - before) / requests };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const medianOf = (rounds, name) => median(rounds.map((round) => round[name]));

export const count = (value) => Math.round(value).toLocaleString('en');
export const micros = (seconds) => `${(seconds * 1e6).toFixed(1)} us`;
export const ratio = (value) => `${value.toFixed(2)}x`;

// Rows of texts under a title; the first column to the left, the others to the right.
export function table(title, rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const lines = rows.map((row) =>
    row.map((text, at) => (at ? text.padStart(widths[at]) : text.padEnd(widths[at]))).join('   '),
  );
  console.log(`\n${title}\n${lines.join('\n')}`);
}
