# expect: command
Get-FileHash -Path a.msp
