Get-Process | Where-Object { $_.Name -eq 'svchost' } | ForEach-Object { $_.Id }
Get-ChildItem -Path C:\Windows 2>&1 | Out-Null
Get-Item a.txt -ErrorAction SilentlyContinue
