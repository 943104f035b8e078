# expect: variable
$PSDefaultParameterValues['*:Verbose'] = $true
