# expect: member
$p = [System.IO.Path]::Combine('a', 'b', 'c')
