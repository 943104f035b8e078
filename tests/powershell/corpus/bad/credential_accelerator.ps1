# expect: type
$c = [pscredential]::Empty
