# expect: attribute-shorthand
function Get-A { param([Parameter(Mandatory)][string]$Name) $Name }
