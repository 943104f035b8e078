# expect: parameter
Get-ChildItem -Path C:\ -Directory
