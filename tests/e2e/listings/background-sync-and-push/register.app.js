if ('serviceWorker' in navigator && 'SyncManager' in window) {
  window.addEventListener('load', () => {
    navigator.serviceWorker.register('./service-worker.js')
      .then(registration => navigator.serviceWorker.ready)
      .catch(err => {
        console.log(`ServiceWorker registration failed: ${err}`);
      });
  });
}
