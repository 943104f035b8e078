$a = "line`r`n"
$b = 'it''s'
$c = '{0:X8}' -f 5
$d = "a``e"
$e = @'
here
'@
