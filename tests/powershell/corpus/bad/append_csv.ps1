# expect: parameter
$x | Export-Csv -Path a.csv -Append
