const add = (tweet) =>
    .then(cache =>
        .then(resp => resp.json())
        .then(tweets => 
          cache.put('/json', new Response(
            {headers: {
                'Content-Type': 'application/json'

      .bind('tweet', add)
