// What Workbox's modules look at when they are loaded. To be imported before them.
Object.assign(globalThis, { navigator: { userAgent: 'chrome' }, registration: { scope: '' } });
