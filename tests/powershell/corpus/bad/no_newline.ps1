# expect: parameter
Set-Content -Path a.txt -Value b -NoNewline
