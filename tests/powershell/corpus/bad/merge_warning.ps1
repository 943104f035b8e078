# expect: redirection
$x = Get-Process 3>&1
