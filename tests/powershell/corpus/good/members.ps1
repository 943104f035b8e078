$from.CopyTo($array, 0)
$n = (Get-Date).Year
$m = @($x).Length
$ok = [regex]::IsMatch('a', '(?i)A')
$hex = 0x1F
$size = 4MB
