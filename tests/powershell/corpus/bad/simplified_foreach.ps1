# expect: simplified-syntax
Get-Process | ForEach-Object Name
