# expect: command
$x | ConvertTo-Json
