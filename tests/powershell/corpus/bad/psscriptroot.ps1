# expect: variable
$here = $PSScriptRoot
