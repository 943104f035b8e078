# Starts scripts that come over stdin as base64 lines: script, parameters, pieces; - between two.
# Nothing newer than PowerShell 1.0 in here, so that 1.0 reaches the version check.
begin {
if (!(Test-Path variable:PSVersionTable)) { [Console]::Out.WriteLine('LEGACYOPS-POWERSHELL-TOO-OLD'); exit 91 }
$ErrorActionPreference = 'Stop'
$LegacyLine = 0
}
process {
trap {
[Console]::Out.WriteLine('LEGACYOPS-BOOT-FAILED ' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes([string]$_)))
exit 92
}
if ($_ -eq '-') { Complete-Run; $LegacyLine = 0 }
elseif ($_) {
$LegacyLine = $LegacyLine + 1
$LegacyBytes = [Convert]::FromBase64String($_)
if ($LegacyLine -gt 2) { Receive-Piece $LegacyBytes }
if ($LegacyLine -eq 2) { Set-Parameters ([Text.Encoding]::UTF8.GetString($LegacyBytes)) }
if ($LegacyLine -eq 1) { . ([scriptblock]::Create([Text.Encoding]::UTF8.GetString($LegacyBytes))) }
}
}
end {
if ($LegacyLine -lt 2) { [Console]::Out.WriteLine('LEGACYOPS-BOOT-FAILED'); exit 92 }
Complete-Run
exit 0
}
