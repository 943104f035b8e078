# expect: code-from-data
Invoke-Expression ('dir ' + $name)
