// A Handling whose every step the plugins see, in Workbox's order: what a strategy made in code works with.
import { type Asking, Handling } from './handling.ts';
import type { CacheRules } from './limits.ts';
import type { Callback, HookName, Plugin } from './plugin.ts';

export interface HandlerOptions {
  event: Asking;
  request: Request;
  params?: unknown;
}

type Argument<Name extends HookName> = Omit<Parameters<Callback<Name>>[0], 'state'>;
type Result<Name extends HookName> = Awaited<ReturnType<Callback<Name>>>;

const requestOf = (input: RequestInfo): Request => (typeof input === 'string' ? new Request(input) : input);

export class StrategyHandler extends Handling {
  readonly request: Request;
  readonly params: unknown;
  readonly url: URL;
  readonly #plugins: Map<Plugin, Record<string, unknown>>;
  readonly #fetchOptions: RequestInit | undefined;
  readonly #matchOptions: CacheQueryOptions | undefined;
  readonly #held: Promise<unknown>[] = [];
  readonly #keys = new Map<string, Request>();

  constructor(
    { event, request, params }: HandlerOptions,
    rules: CacheRules,
    plugins: Plugin[],
    { fetchOptions, matchOptions }: { fetchOptions?: RequestInit; matchOptions?: CacheQueryOptions } = {},
  ) {
    super(event, rules);
    this.request = request;
    this.params = params;
    this.url = new URL(request.url);
    this.#plugins = new Map(plugins.map((plugin) => [plugin, {}]));
    this.#fetchOptions = fetchOptions;
    this.#matchOptions = matchOptions;
  }

  hasCallback(name: HookName): boolean {
    return [...this.#plugins.keys()].some((plugin) => name in plugin);
  }

  *iterateCallbacks<Name extends HookName>(name: Name): Generator<(argument: Argument<Name>) => Promise<Result<Name>>> {
    for (const [plugin, state] of this.#plugins) {
      const hook = plugin[name] as ((argument: object) => Promise<Result<Name>>) | undefined;
      if (hook) yield (argument) => hook.call(plugin, { ...argument, state });
    }
  }

  async runCallbacks<Name extends HookName>(name: Name, argument: Argument<Name>): Promise<void> {
    for (const callback of this.iterateCallbacks(name)) await callback(argument);
  }

  override hold(promise: Promise<unknown>): void {
    super.hold(promise);
    this.#held.push(promise);
  }

  waitUntil<Value>(promise: Promise<Value>): Promise<Value> {
    this.hold(promise);
    return promise;
  }

  // Rejects with the first failure among what was held.
  async doneWaiting(): Promise<void> {
    for (let promise; (promise = this.#held.shift());) await promise;
  }

  override async fetch(input: RequestInfo): Promise<Response> {
    const { event } = this;
    let request = requestOf(input);
    const early = request.mode === 'navigate' ? ((await event.preloadResponse) as Response | undefined) : undefined;
    if (early && early.type !== 'error') return early;
    const originalRequest = request.clone();
    for (const callback of this.iterateCallbacks('requestWillFetch')) {
      request = await callback({ request: request.clone(), event });
    }
    const asked = request.clone();
    try {
      let response = await fetch(request, request.mode === 'navigate' ? undefined : this.#fetchOptions);
      for (const callback of this.iterateCallbacks('fetchDidSucceed')) {
        response = await callback({ event, request: asked, response });
      }
      return response;
    } catch (error) {
      await this.runCallbacks('fetchDidFail', {
        error,
        event,
        originalRequest: originalRequest.clone(),
        request: asked.clone(),
      });
      throw error;
    }
  }

  override fetchAndCachePut(input: RequestInfo, then?: () => Promise<unknown>): Promise<Response> {
    return super.fetchAndCachePut(requestOf(input), then);
  }

  async getCacheKey(request: Request, mode: 'read' | 'write'): Promise<Request> {
    const id = `${mode} ${request.url}`;
    let key = this.#keys.get(id);
    if (key) return key;
    key = request;
    for (const callback of this.iterateCallbacks('cacheKeyWillBeUsed')) {
      key = requestOf(await callback({ mode, request: key, event: this.event, params: this.params }));
    }
    this.#keys.set(id, key);
    return key;
  }

  override async cacheMatch(input: RequestInfo): Promise<Response | undefined> {
    const request = await this.getCacheKey(requestOf(input), 'read');
    let cachedResponse = await super.cacheMatch(request);
    const cacheName = (await this.place)?.name ?? '';
    const about = { cacheName, request, event: this.event, matchOptions: this.#matchOptions ?? {} };
    for (const callback of this.iterateCallbacks('cachedResponseWillBeUsed')) {
      cachedResponse = (await callback({ ...about, cachedResponse })) ?? undefined;
    }
    return cachedResponse;
  }

  override async cachePut(input: RequestInfo, response: Response): Promise<boolean> {
    const { event, request: original } = this;
    await new Promise((resolve) => setTimeout(resolve)); // the answer goes out first
    const request = await this.getCacheKey(requestOf(input), 'write');
    let kept: Response | undefined = response;
    let asked = false;
    for (const callback of this.iterateCallbacks('cacheWillUpdate')) {
      asked = true;
      kept = (await callback({ request: original, response: kept, event })) ?? undefined;
      if (!kept) return false;
    }
    const told = this.hasCallback('cacheDidUpdate');
    const newResponse = told ? kept.clone() : undefined;
    const oldResponse = (told && (await super.cacheMatch(request))) || null;
    if (!(await super.cachePut(request, kept, asked))) return false;
    const cacheName = (await this.place)?.name ?? '';
    for (const callback of this.iterateCallbacks('cacheDidUpdate')) {
      await callback({ cacheName, oldResponse, newResponse: (newResponse as Response).clone(), request, event });
    }
    return true;
  }
}
