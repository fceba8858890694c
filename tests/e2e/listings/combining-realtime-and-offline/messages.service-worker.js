  .then( clients =>
    clients.forEach( client =>
