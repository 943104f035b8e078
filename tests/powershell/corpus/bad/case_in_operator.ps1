# expect: operator
if ('a' -cin $list) { 1 }
