# expect: member
$g = [guid]::Parse('x')
