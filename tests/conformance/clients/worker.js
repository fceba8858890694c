// pusher-js in a service worker, asked by the page through a port.
/* global importScripts, kit */
importScripts('/pusher.worker.js', '/kit.js');
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('message', (event) => {
  const { call, args } = event.data;
  const answered = Promise.resolve()
    .then(() => kit[call](args))
    .then(
      (value) => event.ports[0].postMessage({ value }),
      (error) => event.ports[0].postMessage({ error: String(error) }),
    );
  event.waitUntil(answered);
});
