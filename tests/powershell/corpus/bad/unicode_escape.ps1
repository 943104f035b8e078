# expect: escape
$x = "`u{1F600}"
