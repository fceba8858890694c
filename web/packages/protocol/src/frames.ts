// The frames of the Pusher protocol as Offing speaks it (spec/channels.md): one JSON object per text frame, in which
// `data` is a JSON string except in pusher:error.
import { parsePosition, type Position } from './position.ts';

export type Frame =
  | { type: 'established'; socketId: string; activityTimeout: number }
  | { type: 'error'; code: number | null; message: string }
  | { type: 'ping' }
  | { type: 'pong' }
  | { type: 'subscribed'; channel: string; resume?: { after: Position; ok: boolean } }
  | { type: 'refused'; channel: string; message: string; status: number }
  | { type: 'control'; control: Control }
  | { type: 'event'; channel: string; id?: string; key?: string; event: string; data: string };

// What the operator wants of every worker (spec/worker.md, Control).
export interface Control {
  kill: boolean;
  require: string; // '': nothing; 'latest', or a manifest's digest
  revision: number;
  manifest: string; // the server's present one
}

interface Wire {
  event?: unknown;
  channel?: unknown;
  data?: unknown;
  id?: unknown;
  key?: unknown;
}

// undefined for frames that are malformed or mean nothing to us.
export function decodeFrame(text: string): Frame | undefined {
  let wire: Wire;
  try {
    wire = JSON.parse(text) as Wire;
  } catch {
    return undefined;
  }
  const { event, id, key } = wire ?? {};
  if (typeof event !== 'string') return undefined;
  const channel = String(wire.channel ?? '');
  const data = members(wire.data);
  switch (event) {
    case 'pusher:connection_established':
      return {
        type: 'established',
        socketId: String(data['socket_id']),
        activityTimeout: Number(data['activity_timeout']) || 120,
      };
    case 'pusher:error':
      return { type: 'error', code: (data['code'] as number | undefined) ?? null, message: String(data['message']) };
    case 'pusher:ping':
      return { type: 'ping' };
    case 'pusher:pong':
      return { type: 'pong' };
    case 'pusher_internal:subscription_succeeded':
      return subscribed(channel, members(data['resume']));
    case 'pusher:subscription_error':
      return { type: 'refused', channel, message: String(data['error']), status: Number(data['status']) };
  }
  // Not of a channel: whoever may publish is no operator.
  if (!channel && event === 'offing:control') return { type: 'control', control: readControl(data) };
  if (!channel || event.startsWith('pusher')) return undefined;
  const body = typeof wire.data === 'string' ? wire.data : JSON.stringify(wire.data ?? '');
  return {
    type: 'event',
    channel,
    event,
    data: body,
    ...(typeof id === 'string' && { id }),
    ...(typeof key === 'string' && { key }),
  };
}

// Of the frame's data, or of the body of /_offing/control.
export const readControl = (data: Record<string, unknown>): Control => ({
  kill: data['kill'] === true,
  require: String(data['require'] ?? ''),
  revision: Number(data['revision']) || 0,
  manifest: String(data['manifest'] ?? ''),
});

function subscribed(channel: string, resume: Record<string, unknown>): Frame {
  const after = parsePosition(resume['after_id'] as string | undefined);
  return { type: 'subscribed', channel, ...(after && { resume: { after, ok: resume['ok'] === true } }) };
}

function members(data: unknown): Record<string, unknown> {
  try {
    return ((typeof data === 'string' ? JSON.parse(data) : data) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const encode = (event: string, data: object): string => JSON.stringify({ event, data });

export const encodePing = (): string => encode('pusher:ping', {});
export const encodePong = (): string => encode('pusher:pong', {});
export const encodeUnsubscribe = (channel: string): string => encode('pusher:unsubscribe', { channel });
export const encodeSubscribe = (channel: string, resumeAfterId: string, token?: string): string =>
  encode('pusher:subscribe', { channel, token, resume_after_id: resumeAfterId, on_gap: 'live' });
