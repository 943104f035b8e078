# expect: operator
if ('a' -in $list) { 1 }
