// A write of a client's, as the worker makes it: POST /_offing/channels/NAME/events with a key, and its place in a lane.
import { randomBytes, randomUUID } from 'node:crypto';

export const newClient = () => randomBytes(16).toString('hex');

// {status, body (parsed if it is JSON), headers}; throws if no whole answer came.
export async function publish(
  origin,
  channel,
  { name = 'message', data, key = randomUUID(), headers = {}, body, entry } = {},
) {
  const lane = entry && `client="${entry.client}", lane="${entry.lane}", seq=${entry.seq}, acked=${entry.acked ?? 0}`;
  const response = await fetch(`${origin}/_offing/channels/${encodeURIComponent(channel)}/events`, {
    method: 'POST',
    body: body ?? JSON.stringify({ name, data }),
    headers: {
      'content-type': 'application/json',
      ...(key && { 'idempotency-key': `"${key}"` }),
      ...(lane && { 'offing-entry': lane }),
      ...headers,
    },
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type'));
  return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
}

// "401 token": the status, and what a problem calls itself.
export function problemOf({ status, body, headers }) {
  if (!/^application\/problem\+json/.test(headers.get('content-type'))) return String(status);
  return `${status} ${body.type.replace('/_offing/problems/', '')}`;
}
