// The end of a worker that the server has switched off: nothing of ours is left, and the pages go to the network.
declare const self: ServiceWorkerGlobalScope;

export async function end(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith('offing-')) await caches.delete(name);
  // A worker without a registration may be stopped before it has said so.
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const window of windows) window.postMessage({ offing: 'killed' });
  await self.registration.unregister();
}
