# expect: member-enumeration
$names = @($services).Name
