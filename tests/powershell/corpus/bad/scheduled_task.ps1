# expect: command
Register-ScheduledTask -TaskName a
