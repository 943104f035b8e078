# expect: leaking-value
function Get-A { $list.Add(1) }
