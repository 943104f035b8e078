# expect: operator
$x = 16 -shr 4
