# expect: member
if ([string]::IsNullOrWhiteSpace($a)) { 1 }
