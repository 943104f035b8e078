# expect: member
$f = [System.IO.Directory]::EnumerateFiles('C:\')
