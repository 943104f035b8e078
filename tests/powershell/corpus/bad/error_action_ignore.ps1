# expect: error-action-ignore
Get-Item a.txt -ErrorAction Ignore
