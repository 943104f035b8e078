# expect: parameter
$text = Get-Content -Path a.txt -Tail 5
