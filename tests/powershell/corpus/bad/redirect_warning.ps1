# expect: redirection
Get-Process 3> out.txt
