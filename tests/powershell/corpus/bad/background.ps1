# expect: background
Get-Process &
