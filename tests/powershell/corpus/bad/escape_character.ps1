# expect: escape
$x = "`e[0m"
