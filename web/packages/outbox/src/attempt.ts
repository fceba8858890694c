// One attempt: the request as the app made it, with what the server has to know of the entry.
import { type Answered, type Host, type Lane, type Stored } from './entry.ts';

const PATIENCE_MS = 30_000;

// What only the claim knows.
export interface Claimed extends Stored {
  client: string;
  acked: Lane['acked'];
}

export const isOwn = ({ origin }: Host, { url }: Stored): boolean => new URL(url).origin === origin;

function headersOf(entry: Claimed, own: boolean, bearer: string): Record<string, string> {
  const { id, headers, client, lane, seq, acked, user, resend } = entry;
  return {
    ...headers,
    'Idempotency-Key': `"${id}"`,
    ...(own && {
      'Offing-Entry': `client="${client}"${lane === null ? '' : `, lane="${encodeURIComponent(lane)}", seq=${seq}, acked=${acked}`}`,
      ...(user && { 'Offing-User': user }),
      ...(resend && { 'Offing-Decision': 'resend' }),
      ...(bearer && { Authorization: `Bearer ${bearer}` }),
    }),
  };
}

// Rejects where there is no answer, or one that breaks off, which asked once more comes whole. `still`: asked at the last moment; false: not sent.
export async function attempt(
  host: Host,
  entry: Claimed,
  bearer: string,
  still: () => Promise<boolean>,
): Promise<Answered | undefined> {
  const { url, method, body, credentials = 'same-origin' } = entry;
  const own = isOwn(host, entry);
  const abort = new AbortController();
  let end = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    end = host.timer(() => {
      abort.abort();
      reject(new Error('offing: no answer'));
    }, PATIENCE_MS);
  });
  const send = async (): Promise<Answered | undefined> => {
    if (!(await still())) return undefined;
    const response = await host.fetch(url, {
      method,
      headers: headersOf(entry, own, bearer),
      body: body ?? null,
      credentials,
      redirect: 'manual',
      signal: abort.signal,
    });
    return { response, body: await response.blob() };
  };
  return Promise.race([send(), late]).finally(end);
}
