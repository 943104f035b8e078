# expect: operator
$x = 1 -shl 4
