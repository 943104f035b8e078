# expect: numeric-suffix
$x = 0b101
