// The app's own worker, made of the same parts.
import { config, start } from '/_offing/worker.js';

start(config);
self.addEventListener('message', (event) => {
  if (event.data === 'who') event.source.postMessage({ who: 'my own worker' });
});
