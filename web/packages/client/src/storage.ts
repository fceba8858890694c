// What is kept in this browser, how much room there is, and whether it stays.
import type { CacheReport, Report } from '@offing/protocol';
import { ask } from './link.ts';

export interface StorageReport {
  usage: number | undefined; // bytes, of everything that this origin keeps, as the browser estimates it
  quota: number | undefined;
  persisted: boolean; // the browser deletes it only if a person wants to
  caches: CacheReport[]; // ours; empty without a worker
  warning: string; // '' or what to reckon with
}

// What the worker shows at /_offing/state; undefined without a worker.
export const report = async (): Promise<Report | undefined> => (await ask({ offing: 'report' }))?.report;

const installed = (): boolean => matchMedia('(display-mode: standalone)').matches;

// Asks the browser to keep everything. Firefox asks the person, so the moment is the app's to choose: after something was
// saved for offline use. An app that is installed asks by itself, as no browser prompts there.
export const persist = async (): Promise<boolean> => Boolean(await navigator.storage?.persist());

export async function storage(): Promise<StorageReport> {
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  const persisted = Boolean(await navigator.storage?.persisted());
  return {
    usage,
    quota,
    persisted,
    caches: (await report())?.caches ?? [],
    warning: navigator.vendor.startsWith('Apple') && !installed() ? 'Safari deletes it after 7 days' : '',
  };
}

if (installed()) void persist();
