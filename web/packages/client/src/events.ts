// What the worker tells the pages besides.
import { listen } from './link.ts';

// Calls back when a route of `cache-and-update` (or one that tells of updates) has stored a new body for a URL.
export const onChanged = (callback: (change: { url: string; cache: string }) => void): void =>
  listen('changed', callback);

// Calls back when the server has switched the worker off: nothing is kept or live in this page any more.
export const onKilled = (callback: () => void): void => listen('killed', callback);
