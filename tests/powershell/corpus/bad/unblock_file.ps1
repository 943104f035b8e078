# expect: command
Unblock-File -Path a.msp
