// A token for a user: a JWT, signed with the app's secret (HS256).
import { createHmac } from 'node:crypto';
import { type App, appOf } from './app.ts';

export interface TokenOptions {
  app?: App | string | undefined; // 'ID:KEY:SECRET'; OFFING_APP if absent
  device?: string | undefined;
  channels?: string[] | undefined; // private channels that may be read: names, or beginnings with a *
  publish?: string[] | undefined; // channels that may be published to, where their rule asks for a token
  expires?: number | string | undefined; // seconds, or '15m', '1h', '7d'; an hour if absent
}

const MAX_BYTES = 8 << 10;
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function seconds(expires: number | string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(String(expires)) ?? [];
  const found = typeof expires === 'number' ? expires : Number(count) * (UNITS[unit ?? ''] ?? NaN);
  if (!(found >= 1 && found <= 1e10))
    throw new TypeError(`offing: expires ${expires}: seconds, or like '15m', '1h', '7d'`);
  return Math.floor(found);
}

function text(name: string, value: string): string {
  const bytes = Buffer.byteLength(value);
  // A lone surrogate is no UTF-8.
  if (bytes < 1 || bytes > 200 || /[\p{Cc}\p{Cs}]/u.test(value))
    throw new TypeError(`offing: ${name}: 1 to 200 bytes of text without control characters`);
  return value;
}

function patterns(name: string, list: string[]): string[] {
  for (const one of list)
    if (text(name, one).slice(0, -1).includes('*'))
      throw new TypeError(`offing: ${name}: ${one}: a * stands at the end`);
  return list;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function token(user: string, options: TokenOptions = {}): string {
  const { device, channels = [], publish = [], expires = 3_600 } = options;
  const app = appOf(options.app);
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: text('user', user),
    ...(device !== undefined && { dev: text('device', device) }),
    ...(channels.length && { channels: patterns('channels', channels) }),
    ...(publish.length && { publish: patterns('publish', publish) }),
    iat: now,
    exp: now + seconds(expires),
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid: app.key })}.${encode(claims)}`;
  const whole = `${signed}.${createHmac('sha256', app.secret).update(signed).digest('base64url')}`;
  if (whole.length > MAX_BYTES) throw new TypeError('offing: a token over 8 KiB; use fewer patterns');
  return whole;
}
