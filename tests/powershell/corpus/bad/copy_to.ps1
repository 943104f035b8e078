# expect: member
$from.CopyTo($to)
