# expect: type
$a = [System.Management.Automation.Language.Parser]::ParseInput('a', [ref]$null, [ref]$null)
