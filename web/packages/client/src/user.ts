// Who is logged in: for the worker's caches and the outbox, and by which token the server knows.
import type { Pending } from '@offing/protocol';
import { ask, listen } from './link.ts';

export type TokenSource = string | (() => string | Promise<string>);

const FLUSH_MS = 60_000;

let source: TokenSource | undefined;
let hash: Promise<string> | undefined; // of the user, where there is no worker to know it

// Where tokens come from: a URL that answers {"token": …}, or a function. It is asked when one is needed, and once more
// after the server has refused one.
export function auth(given: TokenSource): void {
  source = given;
}

// '' if there is none.
export async function token(): Promise<string> {
  try {
    if (typeof source !== 'string') return (await source?.()) ?? '';
    const response = await fetch(source, { cache: 'no-store' });
    return response.ok ? ((await response.json()) as { token: string }).token : '';
  } catch {
    return '';
  }
}

listen('token', async (_, port) => port?.postMessage(await token()));

// Rejects where browsers do no cryptography (no https), and so nothing is written for a user who cannot be told apart.
async function hashOf(id: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id)));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const userHash = async (): Promise<string> => (await hash) ?? '';

// Tells the worker who the user is; null: nobody. Once it resolves, nothing that was kept for anybody else is left, but for writes
// that wait. To be called at every start of the page, and when somebody logs in; what was kept for the user stays.
export async function setUser(id: string | null, pending: Pending = 'keep'): Promise<void> {
  hash = id === null ? undefined : hashOf(id);
  hash?.catch(() => undefined);
  await ask({ offing: 'user', id, pending }, pending === 'flush' ? FLUSH_MS : undefined);
}
