# expect: member
$x = $value.HasFlag(1)
