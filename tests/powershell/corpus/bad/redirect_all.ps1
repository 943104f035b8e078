# expect: redirection
Get-Process *> $null
