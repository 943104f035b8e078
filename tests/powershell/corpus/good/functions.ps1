function Get-A([string]$Name, [switch]$Loud) {
    switch ($Name) {
        'a' { return 1 }
        default { throw ('unknown: ' + $Name) }
    }
}
Get-A -Name 'a'
$h = @{ a = Get-A 'a'; b = $null }
$h['c'] = 3
