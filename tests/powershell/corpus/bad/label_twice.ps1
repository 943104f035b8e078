# expect: command
foreach ($number in 1, 2) { if ($number -eq 2) { break one two } }
