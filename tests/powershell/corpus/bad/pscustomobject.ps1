# expect: pscustomobject
$o = [pscustomobject]@{ a = 1 }
