# expect: member-enumeration
$names = (Get-ChildItem C:\).FullName
