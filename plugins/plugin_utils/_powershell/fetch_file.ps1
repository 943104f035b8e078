# fetch_file: the host pulls a file from a share, a web server or a local place, checked by hash.
#
# Parameters
#   source              UNC path, http or https URL, or local path
#   path                where it is to be
#   sha256              upper-case hex
#   username, password  for the share or the web server, or null
# Result: {size, sha256, changed}
# Errors: hash_mismatch. The download goes to PATH.part, which is removed after any error.
#
# Sources: WScript.Network.MapNetworkDrive, WebClient (documented). Server 2008 speaks TLS 1.0 at
#   most. A WinRM session has no network rights of its own: a share needs username and password.

$Legacy.Script = 'fetch_file'

function Get-FreeDrive {
    $used = [Environment]::GetLogicalDrives()
    for ($letter = [int][char]'Z'; $letter -ge [int][char]'G'; $letter--) {
        $drive = [string][char]$letter + ':'
        if (-not ($used -contains ($drive + '\'))) { return $drive }
    }
    throw 'no drive letter is free'
}

function Copy-FromShare([string]$Source, [string]$Target, $Username, $Password) {
    # The connection to \\server\share serves every path on it; it is taken down in any case.
    if ($null -eq $Username) {
        [System.IO.File]::Copy($Source, $Target, $true)
        return
    }
    $parts = $Source.Split('\')
    $share = '\\' + $parts[2] + '\' + $parts[3]
    $drive = Get-FreeDrive
    $network = New-Object -ComObject WScript.Network
    $null = $network.MapNetworkDrive($drive, $share, $false, [string]$Username, [string]$Password)
    try { [System.IO.File]::Copy($Source, $Target, $true) }
    finally { $null = $network.RemoveNetworkDrive($drive, $true, $false) }
}

function New-WebCredential([string]$Username, [string]$Password) {
    $parts = $Username.Split('\')
    if ($parts.Length -eq 2) {
        return New-Object System.Net.NetworkCredential -ArgumentList $parts[1], $Password, $parts[0]
    }
    return New-Object System.Net.NetworkCredential -ArgumentList $Username, $Password
}

function Copy-FromWeb([string]$Source, [string]$Target, $Username, $Password) {
    $client = New-Object System.Net.WebClient
    if ($null -ne $Username) {
        $client.Credentials = New-WebCredential ([string]$Username) ([string]$Password)
    }
    try { $client.DownloadFile($Source, $Target) }
    finally { $client.Dispose() }
}

function Copy-Source($Parameters, [string]$Target) {
    $source = [string]$Parameters['source']
    if ([regex]::IsMatch($source, '(?i)\Ahttps?://')) {
        Copy-FromWeb $source $Target $Parameters['username'] $Parameters['password']
    }
    elseif ([regex]::IsMatch($source, '\A\\\\[^\\]+\\[^\\]+\\')) {
        Copy-FromShare $source $Target $Parameters['username'] $Parameters['password']
    }
    else {
        if (-not [System.IO.File]::Exists($source)) { Stop-Run 'not_found' ('file not found: ' + $source) }
        [System.IO.File]::Copy($source, $Target, $true)
    }
}

function Test-Present([string]$Path, [string]$Sha256) {
    if (-not [System.IO.File]::Exists($Path)) { return $false }
    return ((Get-FileSha256 $Path) -eq $Sha256)
}

function Get-Source($Parameters, [string]$Path, [string]$Sha256) {
    $part = $Path + '.part'
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Path))
    $whole = $false
    try {
        Copy-Source $Parameters $part
        $actual = Get-FileSha256 $part
        if ($actual -ne $Sha256) { Stop-Run 'hash_mismatch' ('the source has SHA-256 ' + $actual) }
        if ([System.IO.File]::Exists($Path)) { [System.IO.File]::Delete($Path) }
        [System.IO.File]::Move($part, $Path)
        $whole = $true
    }
    finally { if ((-not $whole) -and [System.IO.File]::Exists($part)) { [System.IO.File]::Delete($part) } }
}

function Invoke-Script($Parameters, $Data) {
    $path = [string]$Parameters['path']
    $sha256 = [string]$Parameters['sha256']
    $Data['changed'] = $false
    if (-not (Test-Present $path $sha256)) {
        $null = Get-Source $Parameters $path $sha256
        $Data['changed'] = $true
    }
    $file = New-Object System.IO.FileInfo -ArgumentList $path
    $Data['size'] = [long]$file.Length
    $Data['sha256'] = $sha256
}
