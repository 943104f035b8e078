# expect: simplified-syntax
Get-Process | Where-Object Name -eq svchost
