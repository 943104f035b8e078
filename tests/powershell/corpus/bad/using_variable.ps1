# expect: using-variable
Invoke-Command -ScriptBlock { $using:name }
