navigator.serviceWorker.register('./service-worker.js')
  .then(registration => navigator.serviceWorker.ready)
  .then(registration => {
    Notification.requestPermission();
    $('#submit-markdown').on('click', () => {
      saveMarkdownLocally().then(() => {
        registration.sync.register('persistToDatabase');
      }).catch(err => console.log("Error submitting markdown: ", err));
    });
  })
  .catch(err => {
    console.log(`ServiceWorker registration failed: ${err}`);
  });
