# expect: member
$sha.Dispose()
