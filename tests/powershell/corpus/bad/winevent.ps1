# expect: command
Get-WinEvent -LogName Application
