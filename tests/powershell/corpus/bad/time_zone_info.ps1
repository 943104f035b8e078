# expect: type-3.5
$z = [TimeZoneInfo]::Local
