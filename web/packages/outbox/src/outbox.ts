// The outbox: what is posted is on the disk before anything else happens to it, and stays until it was judged and told.
import type { Entry, EntryEvent, EntryPost, OutboxCalls } from '@offing/protocol';
import { discard, resolve, retry } from './decide.ts';
import { Drainer } from './drain.ts';
import { type BoxParts, type Host, isFinal, isOf, shown, type Stored, type Terms } from './entry.ts';
import { post } from './post.ts';
import { allOf, byId, openStore } from './store.ts';

// The calls of pages, by the names that they have in messages, and what drives it.
export type Outbox = {
  [Call in keyof OutboxCalls]: (...args: Parameters<OutboxCalls[Call]>) => Promise<ReturnType<OutboxCalls[Call]>>;
} & {
  post(post: EntryPost, terms?: Terms): Promise<Entry>;
  drain(force?: boolean, until?: number): Promise<number>;
};

function partsOf(host: Host): BoxParts {
  const told = new Set<string>();
  return {
    host,
    store: openStore(host),
    told,
    user: async () => (await host.user()) ?? '',
    tell: async (event, entry, answered) => {
      const heard = await host.emit(event, shown(entry), answered).catch(() => false);
      if (heard && isFinal(entry)) told.add(entry.id);
    },
  };
}

export function openOutbox(host: Host): Outbox {
  const box = partsOf(host);
  const { store, tell, user } = box;
  const drainer = new Drainer(box);
  const drain: Outbox['drain'] = (force, until) => drainer.drain(force, until);

  const after = async (event: EntryEvent, entry: Stored | undefined): Promise<boolean> => {
    if (!entry) return false;
    await tell(event, entry);
    void drain();
    return true;
  };

  return {
    drain,
    async post(given: EntryPost, terms: Terms = {}) {
      const { fresh, entry } = await post(box, given, terms);
      if (fresh) {
        host.sync?.();
        await after('queued', entry);
      }
      return shown(entry);
    },
    async entries(filter) {
      const mine = await user();
      const lane = filter?.lane;
      const all = await store(allOf);
      return all.filter((each) => isOf(mine, each) && (lane === undefined || each.lane === lane)).map(shown);
    },
    async entry(id) {
      const mine = await user();
      const found = await store((tables) => byId(tables, id));
      return found && isOf(mine, found) ? found : undefined;
    },
    retry: async (id) => after('queued', await retry(box, id)),
    discard: async (id) => after('discarded', await discard(box, id)),
    async resolve(id, how, change) {
      const { old, made } = await resolve(box, id, how, change);
      await after('discarded', old);
      await after('queued', made);
      return (made ?? old) && shown((made ?? old) as Stored);
    },
    async flush() {
      await drain(true);
    },
    async untold(heard = []) {
      const mine = await user();
      return store(async (tables) => {
        const found = (await allOf(tables)).filter((each) => isFinal(each) && !each.told && isOf(mine, each));
        // Not before the page says so: whoever answers may die on the way.
        for (const each of found) if (heard.includes(each.id)) tables.entries.put({ ...each, told: host.now() });
        return found.filter(({ id }) => !heard.includes(id)).map(shown);
      });
    },
  };
}
