# expect: simplified-syntax
Get-Process | where Name
