.addEventListener('message',function(event) { 
