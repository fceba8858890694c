// A channel's whole log as a subscriber gets it that has seen nothing: {epoch, first, head, events: [{seq, data}]}, or undefined for one
// that was never written.
import { PusherSocket } from './pusher-socket.mjs';
import { until } from './until.mjs';

export async function readBack(server, channel) {
  const { status, body } = await server.api.call('GET', `/channels/${channel}`, { query: { info: 'log' } });
  if (status !== 200) throw new Error(`/channels/${channel}: ${status} ${JSON.stringify(body)}`);
  const log = body.log;
  if (!log || log.head === 0) return undefined;
  const socket = await PusherSocket.open(server.port);
  try {
    const decided = await socket.subscribe(channel, { resume_after_id: '0:0' });
    if (!decided.event.endsWith('subscription_succeeded')) throw new Error(JSON.stringify(decided));
    const missed = log.head - log.first + 1;
    await until(`${missed} events of ${channel}`, () => socket.events.length >= missed, { timeout: 20_000, every: 10 });
    await socket.settle();
    const events = socket.events.map(({ id, data }) => ({ seq: Number(id.split(':')[1]), data }));
    const strangers = socket.events.filter(({ id }) => id.split(':')[0] !== log.epoch);
    if (strangers.length > 0) throw new Error(`${channel}: an event of another epoch: ${strangers[0].id}`);
    return { ...log, events };
  } finally {
    socket.close();
  }
}
