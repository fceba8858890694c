// The safety worker: what /sw.js is while the server's kill switch is on. It takes over from whatever worker there is, clears up, and goes.
import { end } from './end.ts';

declare const self: ServiceWorkerGlobalScope;

self.addEventListener('install', (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener('activate', (event) => event.waitUntil(end()));
