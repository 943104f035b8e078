try { $stream = [System.IO.File]::Open('a', [System.IO.FileMode]::Open) }
catch [System.IO.IOException] { $stream = $null }
finally { $done = $true }
