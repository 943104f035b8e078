# expect: type-3.5
$s = New-Object System.Collections.Generic.HashSet[string]
