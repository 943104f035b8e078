# expect: type
$c = New-Object System.Net.Http.HttpClient
