// Who hears what became of an entry: the pages, the request that waits, a person by a notification, the server's operator.
import type { Config, Entry, EntryEvent } from '@offing/protocol';
import type { Answered } from '@offing/outbox';
import type { SharedHost } from '../parts.ts';
import type { Waiting } from './claim.ts';
import { askForSync } from './sync.ts';

declare const self: ServiceWorkerGlobalScope;

const REPORTS = '/_offing/outbox/reports';

export function teller(config: Config, { send, token }: SharedHost, waiting: Waiting) {
  async function report({ id, lane, url, method, state, problem, result }: Entry): Promise<void> {
    const bearer = await token(config);
    const entry = { id, lane, url, method, state, problem, status: result?.status, at: Date.now() };
    const headers = { 'Content-Type': 'application/json', ...(bearer && { Authorization: `Bearer ${bearer}` }) };
    await fetch(REPORTS, { method: 'POST', keepalive: true, headers, body: JSON.stringify({ entry }) });
  }

  return async (event: EntryEvent, entry: Entry, answered?: Answered): Promise<boolean> => {
    const { id, notify, problem } = entry as Entry & { notify?: string };
    const windows = await send({ offing: 'entry', event, entry });
    const waiters = waiting.get(id);
    if (answered && /^(se|co|re(?!t))/.test(event)) for (const tell of waiters ?? []) tell(answered);
    if (problem === 'key-reused')
      void send({ offing: 'error', code: 'outbox', detail: `${id}: its key is another write's` });
    if (/^(rej|co|ex|h|n)/.test(event)) void report(entry).catch(() => undefined);
    if (event === 'sent') {
      if (windows) askForSync();
      if (notify && !waiters && Notification.permission === 'granted')
        await self.registration.showNotification(notify, { tag: id });
    }
    return windows > 0;
  };
}
