# expect: error-action-ignore
Get-Item a.txt -EA Ignore
