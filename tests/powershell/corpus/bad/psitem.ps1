# expect: variable
1..3 | ForEach-Object { $PSItem }
