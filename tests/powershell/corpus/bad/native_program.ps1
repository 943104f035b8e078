# expect: command
msiexec.exe /p a.msp
