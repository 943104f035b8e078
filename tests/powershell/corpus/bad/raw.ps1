# expect: parameter
$text = Get-Content -Path a.txt -Raw
