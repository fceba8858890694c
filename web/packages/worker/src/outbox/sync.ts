// Background Sync, where there is one. A tag that is backing off stays so whatever is registered under it, and so each
// generation has a tag of its own; a new one is asked for only where there is a new entry or progress, or else it would never end.
declare const self: ServiceWorkerGlobalScope;

const TAG = 'offing:outbox:';
const BUDGET_MS = 150_000; // of the three minutes that a sync event has

interface SyncEvent extends ExtendableEvent {
  tag: string;
}

interface Syncing {
  sync?: { register(tag: string): Promise<void> };
}

// Where no window is open browsers refuse.
export const askForSync = (): unknown =>
  (self.registration as Syncing).sync?.register(TAG + Date.now().toString(36)).catch(() => undefined);

export function onSync(drain: (force: boolean, until: number) => Promise<number>): void {
  const run = async (): Promise<void> => {
    if (await drain(true, Date.now() + BUDGET_MS)) throw new Error('offing: entries are left');
  };
  self.addEventListener('sync' as never, (event: SyncEvent) => {
    if (event.tag.startsWith(TAG)) event.waitUntil(run());
  });
  for (const type of ['periodicsync', 'push'])
    self.addEventListener(type as never, (event: ExtendableEvent) => event.waitUntil(run().catch(() => undefined)));
}
