$list = New-Object System.Collections.ArrayList
[void]$list.Add(1)
$null = $list.Add(2)
foreach ($item in @($list)) { $item }
$count = @($list).Count
function Get-List { return ,$list }
