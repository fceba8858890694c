// When each cached answer was last used, for those that make room. It outlives the worker, save for its last second; nothing
// but the order of eviction depends on it.
import { host } from './host.ts';

const MAX = 1_000;
const SAVE_MS = 1_000;

let used: Promise<Map<string, number>> | undefined; // ms since 1970; the longest unused first
let timer: ReturnType<typeof setTimeout> | undefined;

export const lastUsed = (): Promise<Map<string, number>> =>
  (used ??= host.recall<[string, number][]>('used').then((stored) => new Map(stored)));

export async function touch(url: string): Promise<void> {
  const times = await lastUsed();
  times.delete(url);
  times.set(url, Date.now());
  timer ??= setTimeout(() => {
    timer = undefined;
    used = undefined;
    void host.remember('used', [...times].slice(-MAX));
  }, SAVE_MS);
}
