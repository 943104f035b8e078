# expect: chain-operator
Get-Process || Get-Service
