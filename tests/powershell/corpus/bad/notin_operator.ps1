# expect: operator
if ('a' -notin $list) { 1 }
