# expect: command
Import-Certificate -FilePath a.cer
