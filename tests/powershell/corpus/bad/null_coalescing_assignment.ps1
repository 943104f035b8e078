# expect: null-coalescing
$x ??= 1
