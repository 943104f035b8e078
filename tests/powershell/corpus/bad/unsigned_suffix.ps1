# expect: numeric-suffix
$x = 10u
