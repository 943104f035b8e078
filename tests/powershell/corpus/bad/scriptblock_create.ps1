# expect: code-from-data
$b = [scriptblock]::Create('dir ' + $name)
