// How long an entry waits for its next attempt: full jitter, unless the server says when.
export const MAX_WAIT_MS = 3_600_000;
const MAX_BACKOFF_MS = 300_000;

// `after`: Retry-After, in seconds or as a date.
export function backoff(attempts: number, random: number, after: string | null | undefined, now: number): number {
  const asked = after ? (/^\d+$/.test(after) ? +after * 1_000 : Date.parse(after) - now) : NaN;
  const least =
    asked >= 0
      ? Math.min(Math.max(asked, 1_000), MAX_WAIT_MS)
      : random * Math.min(1_000 * 2 ** attempts, MAX_BACKOFF_MS);
  return Math.ceil(least);
}
