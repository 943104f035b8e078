# expect: member
$f = [System.IO.File]::ReadLines('a.txt')
