self.addEventListener('sync', event => {
  if (event.tag === 'persistToDatabase') {
    event.waitUntil(persistLocalChanges()
      .then(() => {
        self.registration.showNotification("Markdowns synced to server");
      })
      .catch(() => {
        console.log("Error syncing markdowns to server");
      })
    );
  }
});
