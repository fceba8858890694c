// What an answer means for its entry (spec/outbox.md, The answer).
import type { EntryState } from '@offing/protocol';

export interface Judged {
  state: EntryState; // 'queued': once more
  problem?: string;
}

// What the bodies of problems say that they are.
const PROBLEMS = '/_offing/problems/';

export async function problemOf({ headers }: Response, body: Blob): Promise<string> {
  if (!/^application\/problem\+json/i.test(headers.get('Content-Type') ?? '')) return '';
  const text = await body.text();
  let type = '';
  try {
    type = String((JSON.parse(text) as { type?: unknown } | null)?.type);
  } catch {
    // It says nothing.
  }
  return type.startsWith(PROBLEMS) ? type.slice(PROBLEMS.length) : '';
}

// `believed`: a 2xx says enough by itself. A 401 is judged when another token did not help.
export function judge(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  problem: string,
  believed: boolean,
): Judged {
  if (status >= 200 && status < 300)
    return { state: believed || headers.has('Idempotency-Status') ? 'done' : 'queued' };
  if (status === 401) return { state: 'held', problem: 'needs-auth' };
  if (status === 403 && problem === 'other-user') return { state: 'held', problem };
  if (status === 409) {
    if (problem === 'outstanding') return { state: 'queued' };
    if (problem === 'decided') return { state: 'done' };
    if (problem === 'outcome-unknown') return { state: 'held', problem: 'unknown' };
  }
  // 0: a redirect that cannot be read.
  const again = status < 200 || (status >= 500 && status !== 501 && status !== 505);
  if (again || [407, 408, 425, 429].includes(status)) return { state: 'queued' };
  const refused = status === 409 || status === 412;
  return { state: refused ? 'conflict' : 'rejected', problem: problem || `${status}` };
}
