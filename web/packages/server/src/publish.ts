// Events, published through the signed HTTP API.
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { type App, appOf, OffingError, serverOf, type Target } from './app.ts';

export interface TriggerOptions extends Target {
  socketId?: string | undefined; // this connection does not get the event
  signal?: AbortSignal | undefined;
}

export interface PublishOptions extends TriggerOptions {
  key?: string | undefined; // what makes two calls one: 1 to 128 visible ASCII characters; a random one if absent
  patience?: number | undefined; // ms within which it is tried again; 30 s if absent
}

export interface Published {
  positions: Record<string, string>; // by channel, of those that keep a log
  replayed: boolean; // the key was known: nothing was published now
}

type Answer = { status: number; body: unknown; retryAfter: number; replayed: boolean };

const ATTEMPT_MS = 10_000;
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;

function sign({ id, key, secret }: App, body: string): string {
  const path = `/apps/${id}/events`;
  const md5 = createHash('md5').update(body).digest('hex');
  const now = Math.floor(Date.now() / 1000);
  const query = `auth_key=${key}&auth_timestamp=${now}&auth_version=1.0&body_md5=${md5}`;
  const signature = createHmac('sha256', secret).update(`POST\n${path}\n${query}`).digest('hex');
  return `${path}?${query}&auth_signature=${signature}`;
}

function bodyOf(channels: string | string[], event: string, data: unknown, options: TriggerOptions): string {
  return JSON.stringify({
    name: event,
    channels: [channels].flat(),
    data: typeof data === 'string' ? data : (JSON.stringify(data) ?? 'null'),
    socket_id: options.socketId,
  });
}

async function send(app: App, body: string, options: TriggerOptions, key?: string): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json', ...(key && { 'Idempotency-Key': key }) };
  const late = AbortSignal.timeout(ATTEMPT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
  const url = serverOf(options.server) + sign(app, body);
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
  const text = await response.text();
  let parsed: unknown = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Somebody in between; the status tells enough.
  }
  return {
    status: response.status,
    body: parsed,
    retryAfter: Number(response.headers.get('Retry-After')) * 1000 || 0,
    replayed: response.headers.get('Idempotency-Status') === 'replayed',
  };
}

function positionsOf({ status, body }: Answer): Record<string, string> {
  const { error, event_ids } = (body ?? {}) as { error?: string; event_ids?: Record<string, string> };
  if (status !== 200) throw new OffingError(error ?? `the server answered ${status}`, status);
  return event_ids ?? {};
}

// Publishes once and resolves when the event is on disk, where its channel keeps a log, and with the subscribers'
// connections. `data` that is no string is written as JSON.
export async function trigger(
  channels: string | string[],
  event: string,
  data: unknown,
  options: TriggerOptions = {},
): Promise<void> {
  const app = appOf(options.app);
  const answer = await send(app, bodyOf(channels, event, data, options), options).catch((cause: unknown) => {
    options.signal?.throwIfAborted();
    throw new OffingError(`no answer: ${reason(cause)}`, 0, { cause });
  });
  positionsOf(answer);
}

// The same until the server has said yes or no: what got lost is sent again with the same key, which the server knows for a
// day, so that on a channel with a log the event is there once. (A channel without a log keeps no keys.)
export async function publish(
  channels: string | string[],
  event: string,
  data: unknown,
  options: PublishOptions = {},
): Promise<Published> {
  const { key = randomUUID(), patience = 30_000, signal } = options;
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) throw new TypeError('offing: key: 1 to 128 visible ASCII characters');
  const app = appOf(options.app);
  const body = bodyOf(channels, event, data, options);
  const end = Date.now() + patience;
  for (let tries = 0; ; tries++) {
    let lost: unknown;
    const answer = await send(app, body, options, key).catch((error: unknown) => void (lost = error));
    signal?.throwIfAborted();
    const final = answer && answer.status < 500 && answer.status !== 429;
    if (final) return { positions: positionsOf(answer), replayed: answer.replayed };
    const ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** tries);
    const delay = Math.max(answer?.retryAfter ?? 0, Math.random() * ceiling);
    if (Date.now() + delay > end) {
      if (answer) positionsOf(answer);
      throw new OffingError(`no answer: ${reason(lost)}`, 0, { cause: lost });
    }
    await new Promise((resolve) => setTimeout(resolve, delay));
    signal?.throwIfAborted();
  }
}

// fetch() says "fetch failed", and why in its cause.
function reason(error: unknown): string {
  const { cause, message } = error as { cause?: { message?: string }; message?: string };
  return cause?.message || message || String(error);
}
