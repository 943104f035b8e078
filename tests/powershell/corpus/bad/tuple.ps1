# expect: type
$t = [System.Tuple]::Create(1, 2)
