# expect: command
$text | ConvertFrom-Json
