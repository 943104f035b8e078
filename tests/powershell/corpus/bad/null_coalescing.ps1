# expect: null-coalescing
$x = $a ?? 1
