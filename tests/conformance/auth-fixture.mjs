// Tokens as anybody can make them, good and bad; and what the server says to a request with one.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { APP } from '../lib/api.mjs';

export const now = () => Math.floor(Date.now() / 1000);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (claims) => encode({ sub: 'ada', channels: ['private-*'], exp: now() + 600, ...claims });

// HS256 with the app's secret, unless told otherwise.
export function hs256(claims = {}, { header = {}, secret = APP.secret } = {}) {
  const text = `${encode({ alg: 'HS256', kid: APP.key, ...header })}.${claimsOf(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

export const unsigned = (alg = 'none') => `${encode({ alg })}.${claimsOf({})}.`;

// A pair of keys with a name.
export class Key {
  constructor(kid) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.kid = kid;
    this.privateKey = privateKey;
    this.publicKey = publicKey;
    this.jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' };
  }

  es256(claims = {}, header = {}) {
    const text = `${encode({ alg: 'ES256', kid: this.kid, ...header })}.${claimsOf(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }
}

export const setOf = (...keys) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });

export const CONFIG = `
[[channel]]
name = "private-*"
log = { age = "7d", events = 1_000, bytes = "1MB" }

[[resource]]
path = "/rooms/:id"
channel = "private-room-:id"
apply = "append"
`;

// {status, headers, body} of a GET with these headers.
export async function get(server, target, headers = {}) {
  const response = await fetch(server.origin + target, { headers });
  const text = await response.text();
  const json = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

// The status of a private resource read with this token, and why.
export async function tried(server, token, target = '/rooms/1') {
  const { status, body } = await get(server, target, { authorization: `Bearer ${token}` });
  return status === 200 ? 200 : `${status} ${body.detail}`;
}

export async function metric(server, name) {
  const { body } = await get(server, '/_offing/metrics');
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(body)?.[1]);
}
