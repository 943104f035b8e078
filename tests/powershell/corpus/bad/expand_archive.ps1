# expect: command
Expand-Archive -Path a.zip
