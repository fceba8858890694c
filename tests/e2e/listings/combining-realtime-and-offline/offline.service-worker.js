self.addEventListener('install', (event) =>
  event.waitUntil('v1').then(cache => 

self.addEventListener('fetch', (event) => 
