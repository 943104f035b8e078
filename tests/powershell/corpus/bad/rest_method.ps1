# expect: command
Invoke-RestMethod -Uri http://host.example/
