// A server whose data folder is put back from a copy, under clients who have seen more: nobody goes on as if nothing had happened.
//
//   node restored.mjs      OFFING_BIN names another binary
import { cpSync, rmSync } from 'node:fs';
import { newClient, publish } from '../lib/client-publish.mjs';
import { tempFolder } from '../lib/ending.mjs';
import { PusherSocket } from '../lib/pusher-socket.mjs';
import { Server } from '../lib/server.mjs';
import { Tally } from '../lib/tally.mjs';
import { sleep } from '../lib/until.mjs';

const CONFIG = `
[[channel]]
name = "*"
log = { events = 1_000 }
publish = "anyone"

[[resource]]
path = "/feed.json"
channel = "feed"
apply = "append"
`;

const problems = [];
const expect = (what, is, should) => {
  if (JSON.stringify(is) !== JSON.stringify(should))
    problems.push(`${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(should)}`);
};
const publishAll = async (server, texts) => {
  for (const text of texts) await server.api.publish('feed', 'message', text);
};
const feed = async (server) => {
  const response = await fetch(`${server.origin}/feed.json`);
  const [epoch, seq] = response.headers.get('offing-position').split(':');
  return { epoch, seq: Number(seq), items: await response.json() };
};
const resume = async (server, position) => {
  const socket = await PusherSocket.open(server.port);
  const { data } = await socket.subscribe('feed', { resume_after_id: position });
  return { socket, resumed: JSON.parse(data).resume };
};
const restoredTotal = async (server) => {
  const text = await (await fetch(`${server.origin}/_offing/metrics`)).text();
  return Number(/^offing_restored_total (\d+)$/m.exec(text)[1]);
};

// `write` fills the store behind the copy; then the copy is put back.
async function restore(server, write) {
  const copy = tempFolder('copy');
  await server.terminate();
  cpSync(server.data, copy, { recursive: true });
  await server.run();
  await write();
  await server.terminate();
  rmSync(server.data, { recursive: true });
  cpSync(copy, server.data, { recursive: true });
  await server.run();
}

// One client shows a position that the store does not have; another would have slipped through once the log has grown again.
async function byPosition() {
  const server = await Server.start({ config: CONFIG });
  await publishAll(server, ['a', 'b', 'c']);
  const { epoch } = await feed(server);
  await restore(server, () => publishAll(server, ['lost 1', 'lost 2']));
  const waiting = await PusherSocket.open(server.port);
  const shows = await resume(server, `${epoch}:5`);
  const closed = await Promise.race([waiting.closed, sleep(5_000).then(() => ({ code: 'not closed' }))]);
  expect('the sockets of all', closed.code, 4200);
  await shows.socket.closed;
  await publishAll(server, ['d', 'e', 'f']);
  const late = await resume(server, `${epoch}:4`);
  expect('who was at 4 may resume', late.resumed.ok, false);
  const now = await feed(server);
  expect('the resource', now.items, ['a', 'b', 'c', 'd', 'e', 'f']);
  expect('the epoch is another', now.epoch !== epoch, true);
  const back = await resume(server, `${now.epoch}:${now.seq - 1}`);
  expect('who has fetched may resume', back.resumed.ok, true);
  expect('offing_restored_total', await restoredTotal(server), 1);
  if (!/restored from a backup/.test(server.said)) problems.push('the log does not say so');
  await server.kill();
}

// The same shown by an entry: its client was answered what the mark does not know.
async function byEntry() {
  const server = await Server.start({ config: CONFIG });
  const client = newClient();
  const write = (seq) =>
    publish(server.origin, 'notes', { data: seq, entry: { client, lane: 'notes', seq, acked: seq - 1 } });
  await write(1);
  await publishAll(server, ['a']);
  const { epoch } = await feed(server);
  await restore(server, async () => {
    await write(2);
    await write(3);
  });
  expect('before anybody shows more', (await feed(server)).epoch, epoch);
  const answer = await write(4);
  expect('the write is carried out', answer.status, 200);
  expect('the epoch is another', (await feed(server)).epoch !== epoch, true);
  expect('offing_restored_total', await restoredTotal(server), 1);
  await server.kill();
}

const tally = new Tally('restored', 0);
for (const [title, run] of [
  ['a position above the head', byPosition],
  ['an entry that was told more than its mark', byEntry],
]) {
  problems.length = 0;
  await run().catch((error) => problems.push(error.stack));
  tally.add(title, [...problems]);
}
tally.close();
