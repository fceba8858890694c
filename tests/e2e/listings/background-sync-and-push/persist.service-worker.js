function persistLocalChanges() {
  return getLocalRecords().then(records => {
    return fetch('/markdowns', {
      method: 'POST',
      body: JSON.stringify({ 
        markdowns: records
      }),
      headers: {
        'Content-Type': 'application/json'
      }
    });
  });
}
