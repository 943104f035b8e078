# expect: variable
$here = $PSCommandPath
