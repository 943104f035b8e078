# expect: member-enumeration
$names = (Get-Process).Name
