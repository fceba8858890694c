// The worker's parts, for a worker that an app writes itself. `config` is what the server put in front of the module.
import type { Config } from '@offing/protocol';

export { type Config, matchResource, type Resource } from '@offing/protocol';
export { Feed, type FeedHost } from './feed.ts';
export { answer } from './fetch.ts';
export { KeepAlive, type KeepAliveHost } from './keep-alive.ts';
export { LiveCache } from './live-cache.ts';
export { type DocumentHost, LiveDocument, MAX_QUEUE } from './live-document.ts';
export { Live, type LiveHost, MAX_LIVE } from './live.ts';
export { type Fetch, Precache } from './precache.ts';
export { start } from './start.ts';

export const config = (globalThis as unknown as { __OFFING: Config }).__OFFING;
