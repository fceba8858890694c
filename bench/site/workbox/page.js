// What registers it, as Workbox's guide does.
import { Workbox } from 'workbox-window';

new Workbox('/sw.js').register();
