# expect: variable
if ($IsWindows) { 1 }
