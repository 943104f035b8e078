# expect: syntax
if ($a { 1 }
