# expect: ternary
$x = $a ? 1 : 2
