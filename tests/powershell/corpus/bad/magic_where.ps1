# expect: magic-method
$list.Where({ $_ })
