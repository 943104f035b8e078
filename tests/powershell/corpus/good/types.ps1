$sid = New-Object System.Security.Principal.SecurityIdentifier -ArgumentList 'S-1-5-18'
$text = [System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('YQ=='))
$flags = [System.Reflection.BindingFlags]'InvokeMethod, GetProperty'
$path = [System.IO.Path]::Combine('a', 'b')
Add-Type -AssemblyName System.Security
