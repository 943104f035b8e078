# expect: leaking-value
function Get-A { $builder.Append('x') }
