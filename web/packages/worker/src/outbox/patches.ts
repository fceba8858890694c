// What is shown of writes that wait: beside the copy of a live resource the copy with their patches folded in, as if their
// events had come. A patch goes with its event, or with whatever else says that the copy has it.
import {
  type Config,
  type Entry,
  type EntryPatch,
  formatPosition,
  type Json,
  LIVE_CACHE,
  PENDING_HEADER,
  POSITION_HEADER,
  SHOWN_CACHE,
} from '@offing/protocol';
import type { Stored } from '@offing/outbox';
import type { Copy } from '../live-cache.ts';
import type { SharedHost } from '../parts.ts';

// Instead of a resource's path: every resource of that channel.
export const CHANNEL = 'channel:';

type Patched = Stored & { patch: EntryPatch };

// Whose they are: `put` stores while that user is there.
interface PatchedParts {
  entries: Patched[];
  put: ReturnType<SharedHost['putFor']>;
}

const pathOf = ({ url }: Request): string => new URL(url).pathname;

export class Patches {
  readonly #config: Config;
  readonly #host: SharedHost;
  readonly #entries: () => Promise<Entry[]>;
  #patched: Promise<PatchedParts> | undefined;

  constructor(config: Config, host: SharedHost, entries: () => Promise<Entry[]>) {
    this.#config = config;
    this.#host = host;
    this.#entries = entries;
  }

  // Entries have changed, or the user has.
  async changed(): Promise<void> {
    this.#patched = undefined;
    const shown = await caches.open(SHOWN_CACHE);
    const paths = (await shown.keys()).map(pathOf);
    if ((await this.#all()).entries.length) paths.push(...(await (await caches.open(LIVE_CACHE)).keys()).map(pathOf));
    await Promise.all([...new Set(paths)].map((path) => this.show(path)));
  }

  // The copy, or what waits, has changed.
  async show(path: string): Promise<void> {
    const { matchResource, LiveCache, send } = this.#host;
    const live = matchResource(this.#config, path);
    const names = [path, CHANNEL + (live?.channel ?? '')];
    const { entries, put } = await this.#all();
    const mine = entries.filter(({ patch }) => names.includes(patch.resource));
    const shown = await caches.open(SHOWN_CACHE);
    if (!mine.length && !(await shown.match(path))) return;
    // The document's, so that the copy stays as it is read.
    await navigator.locks.request(`offing:${path}`, async () => {
      const copy = live && (await new LiveCache(caches).read(path));
      const waiting = copy ? mine.filter((entry) => this.#waits(entry, copy)) : [];
      if (!copy || !waiting.length) await shown.delete(path);
      else {
        const folding = new this.#host.Folding(copy.value, live.rule);
        for (const entry of waiting) this.#fold(folding, entry, live.rule);
        const headers = {
          'Content-Type': 'application/json',
          [POSITION_HEADER]: formatPosition(copy.position),
          [PENDING_HEADER]: `${waiting.length}`,
        };
        const made = new Response(JSON.stringify(folding.value), { headers });
        await put(async () => (await caches.open(SHOWN_CACHE)).put(path, made));
      }
      const position = copy ? formatPosition(copy.position) : '';
      await send({ offing: 'update', url: path, position, added: 0, reset: false, pending: waiting.length });
    });
  }

  #all(): Promise<PatchedParts> {
    return (this.#patched ??= this.#read());
  }

  async #read(): Promise<PatchedParts> {
    const put = this.#host.putFor(await this.#host.userSpace());
    const entries = (await this.#entries()).filter(
      (entry): entry is Patched => !!entry.patch && !/^(re|ex|di)/.test(entry.state),
    );
    return { entries, put };
  }

  // The copy does not have its effect yet.
  #waits({ id, ended, result }: Patched, { keys, position, fetched }: Copy): boolean {
    if (keys.split(' ').includes(encodeURIComponent(id))) return false;
    const { parsePosition, relate } = this.#host;
    const named = parsePosition(result?.headers[POSITION_HEADER.toLowerCase()]);
    return !ended || !(+fetched > ended || (named && relate(position, named) === 'old'));
  }

  #fold(
    folding: InstanceType<SharedHost['Folding']>,
    { id, patch: { event, data } }: Patched,
    rule: Parameters<SharedHost['operationFor']>[0],
  ): void {
    const operation = this.#host.operationFor(rule, event);
    if (!operation) return;
    const key = operation.split(':')[1] ?? rule.key;
    const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
    // An item has a name before the server gives it one.
    const value: Json = isObject ? { ...(key && { [key]: id }), ...data, pending: true } : data;
    folding.apply(operation, JSON.stringify(value));
  }
}
