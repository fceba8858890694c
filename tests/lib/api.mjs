// The signed HTTP API, spoken without any library, so that a test can also speak it wrongly.
import { createHash, createHmac } from 'node:crypto';

export const APP = { id: '1', key: 'test-key', secret: 'test-secret' };

export const hmac = (secret, text) => createHmac('sha256', secret).update(text).digest('hex');
export const md5 = (text) => createHash('md5').update(text).digest('hex');

// The query that signs a call. `change` may alter the parameters before they are signed, `spoil` afterwards.
export function signedQuery({ method, path, query = {}, body, app = APP, now = Date.now(), change, spoil }) {
  const params = {
    ...query,
    auth_key: app.key,
    auth_timestamp: String(Math.floor(now / 1000)),
    auth_version: '1.0',
  };
  if (body !== undefined) params.body_md5 = md5(body);
  change?.(params);
  const text = Object.keys(params)
    .sort()
    .map((key) => `${key.toLowerCase()}=${params[key]}`)
    .join('&');
  params.auth_signature = hmac(app.secret, `${method}\n${path}\n${text}`);
  spoil?.(params);
  return new URLSearchParams(params).toString();
}

// The auth string of a subscription to a private channel.
export const channelAuth = (socketId, channel, app = APP) => `${app.key}:${hmac(app.secret, `${socketId}:${channel}`)}`;

export class Api {
  constructor(origin, app = APP) {
    this.origin = origin;
    this.app = app;
  }

  // {status, body (parsed if it is JSON), headers}
  async call(method, what, { query, json, body, headers = {}, ...signing } = {}) {
    const path = what.startsWith('/apps/') ? what : `/apps/${this.app.id}${what}`;
    const text = body ?? (json === undefined ? undefined : JSON.stringify(json));
    const signed = signedQuery({ method, path, query, body: text, app: this.app, ...signing });
    const response = await fetch(`${this.origin}${path}?${signed}`, {
      method,
      body: text,
      headers: text === undefined ? headers : { 'content-type': 'application/json', ...headers },
    });
    const received = await response.text();
    let parsed = received;
    try {
      parsed = JSON.parse(received);
    } catch {
      // Left as it is: the test says what it expected.
    }
    return { status: response.status, body: parsed, headers: response.headers };
  }

  // Publishes one event and answers with its id, where the channel has a log.
  async publish(channel, name, data, extra = {}) {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    const answer = await this.call('POST', '/events', { json: { name, data: text, channels: [channel], ...extra } });
    if (answer.status !== 200) throw new Error(`publish: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.event_ids?.[channel];
  }

  // Publishes many in batches of ten, in order. Answers with all ids.
  async publishAll(channel, name, items) {
    const ids = [];
    for (let at = 0; at < items.length; at += 10) {
      const batch = items.slice(at, at + 10).map((data) => ({
        channel,
        name,
        data: typeof data === 'string' ? data : JSON.stringify(data),
      }));
      const answer = await this.call('POST', '/batch_events', { json: { batch } });
      if (answer.status !== 200) throw new Error(`batch: ${answer.status} ${JSON.stringify(answer.body)}`);
      ids.push(...(answer.body.batch ?? []).map((item) => item.event_id));
    }
    return ids;
  }
}
