// Serwist's background sync as its documentation writes it: what fails goes into the queue, which is replayed on `sync`; and when a page asks.
import { BackgroundSyncQueue } from 'serwist';

const age = Number(new URL(location.href).searchParams.get('age'));
const queue = new BackgroundSyncQueue('writes', { maxRetentionTime: age });

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'POST') return;
  const write = async () => {
    try {
      return await fetch(event.request.clone());
    } catch {
      await queue.pushRequest({ request: event.request });
      return new Response('queued', { status: 202 });
    }
  };
  event.respondWith(write());
});
self.addEventListener('message', (event) => {
  const [port] = event.ports;
  const act = event.data === 'size' ? queue.size() : queue.replayRequests();
  event.waitUntil(
    act.then(
      (value) => port.postMessage(value),
      (error) => port.postMessage(String(error)),
    ),
  );
});
