# expect: command
Invoke-WebRequest -Uri http://host.example/
