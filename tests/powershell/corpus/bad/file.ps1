# expect: parameter
Get-ChildItem -Path C:\ -File
