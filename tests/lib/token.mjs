// Tokens as an app's back end makes them (spec/users.md): HS256 with the app's secret, and its key as kid.
import { createHmac } from 'node:crypto';
import { APP } from './api.mjs';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// An hour by default; `claims` may say otherwise.
export function signToken(claims, app = APP) {
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const text = `${encode({ alg: 'HS256', typ: 'JWT', kid: app.key })}.${encode({ exp, ...claims })}`;
  return `${text}.${createHmac('sha256', app.secret).update(text).digest('base64url')}`;
}
