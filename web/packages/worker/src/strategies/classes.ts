// The strategies as classes, for a worker that an app writes itself; Workbox's names, options and hooks.
import { DEFAULT_CACHE, limitsOf, type CacheRules, type StrategyName } from './limits.ts';
import type { Plugin, Ruling } from './plugin.ts';
import { isPart, run, strategies } from './strategies.ts';
import { type HandlerOptions, StrategyHandler } from './strategy-handler.ts';

export interface StrategyOptions extends CacheRules {
  plugins?: (Plugin | Ruling)[];
  fetchOptions?: RequestInit;
  matchOptions?: CacheQueryOptions; // `ignoreSearch` is heeded
  cacheName?: string; // as `cache`
  networkTimeoutSeconds?: number; // as `timeout`, which is in ms
}

function rulesOf(options: StrategyOptions): CacheRules {
  const { plugins = [], fetchOptions: _, matchOptions, cacheName, networkTimeoutSeconds, ...rules } = options;
  return Object.assign(
    {},
    ...plugins.map((plugin) => (plugin as Ruling).rules),
    matchOptions?.ignoreSearch && { ignoreSearch: true },
    cacheName && { cache: cacheName },
    networkTimeoutSeconds && { timeout: networkTimeoutSeconds * 1000 },
    rules,
  ) as CacheRules;
}

// What extends it says how to handle a request: _handle.
export abstract class Strategy {
  readonly cacheName: string;
  readonly plugins: Plugin[];
  readonly #options: StrategyOptions;
  readonly #rules: CacheRules;
  protected readonly strategy: StrategyName | undefined;

  constructor(options: StrategyOptions = {}) {
    this.#options = options;
    this.plugins = (options.plugins ?? []) as Plugin[];
    this.#rules = rulesOf(options);
    this.cacheName = this.#rules.cache ?? DEFAULT_CACHE;
    limitsOf(this.#rules);
  }

  abstract _handle(request: Request, handler: StrategyHandler): Promise<Response | undefined>;

  handle(options: HandlerOptions): Promise<Response> {
    return this.handleAll(options)[0];
  }

  // The response, and the end of all that goes on behind it.
  handleAll(options: HandlerOptions): [Promise<Response>, Promise<void>] {
    const handler = new StrategyHandler(options, this.#rules, this.plugins, this.#options);
    const response = this.#respond(handler);
    const done = this.#complete(handler, response);
    options.event.waitUntil(done.catch(() => undefined));
    return [response, done];
  }

  async #respond(handler: StrategyHandler): Promise<Response> {
    const { event, request } = handler;
    await handler.place; // whose the answers are is settled before the network is asked
    await handler.runCallbacks('handlerWillStart', { event, request });
    let response: Response | undefined;
    try {
      response = await (this.strategy && isPart(request, this.strategy)
        ? run(this.strategy, handler, request)
        : this._handle(request, handler));
      if (!response || response.type === 'error') throw new TypeError(`offing: no answer for ${request.url}`);
    } catch (error) {
      for (const callback of handler.iterateCallbacks('handlerDidError')) {
        response = (await callback({ error, event, request })) ?? undefined;
        if (response) break;
      }
      if (!response) throw error;
    }
    for (const callback of handler.iterateCallbacks('handlerWillRespond')) {
      response = await callback({ event, request, response });
    }
    return response;
  }

  async #complete(handler: StrategyHandler, responding: Promise<Response>): Promise<void> {
    const { event, request } = handler;
    let error: unknown;
    const response = await responding.catch(() => undefined);
    try {
      await handler.runCallbacks('handlerDidRespond', { event, request, response });
      await handler.doneWaiting();
    } catch (problem) {
      error = problem;
    }
    await handler.runCallbacks('handlerDidComplete', { event, request, response, error });
    if (error) throw error;
  }
}

abstract class Named extends Strategy {
  protected abstract override readonly strategy: StrategyName;

  override _handle(request: Request, handler: StrategyHandler): Promise<Response | undefined> {
    return strategies[this.strategy](handler, request);
  }
}

export class CacheFirst extends Named {
  protected readonly strategy = 'cache-first';
}
export class NetworkFirst extends Named {
  protected readonly strategy = 'network-first';
}
export class StaleWhileRevalidate extends Named {
  protected readonly strategy = 'stale-while-revalidate';
}
export class CacheOnly extends Named {
  protected readonly strategy = 'cache-only';
}
export class NetworkOnly extends Named {
  protected readonly strategy = 'network-only';
}
export class CacheAndUpdate extends Named {
  protected readonly strategy = 'cache-and-update';
}
