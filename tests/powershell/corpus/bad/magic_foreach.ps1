# expect: magic-method
$list.ForEach({ $_ })
