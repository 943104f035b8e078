# receive_file: writes a file that arrives in pieces through stdin, and checks it by its hash.
#
# Parameters: path, size (bytes), sha256 (upper-case hex)
# Further lines of stdin: the pieces, in order.
# Result: {size, sha256}
# Errors: hash_mismatch. The pieces go to PATH.part, which is removed after any error; PATH itself
#   changes only when the whole file has arrived and its hash fits.
#
# Sources: .NET file streams and hashes (documented).

$Legacy.Script = 'receive_file'
$Legacy['Stream'] = $null
$Legacy['Hash'] = $null
$Legacy['Size'] = [long]0

function Get-PartPath { return ([string]$Legacy.Parameters['path'] + '.part') }

function Open-Part {
    # Nobody else may open it meanwhile; SetLength finds out at once whether the disk has room.
    $path = Get-PartPath
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($path))
    $access = [System.IO.FileAccess]::Write
    $Legacy['Stream'] = [System.IO.File]::Open($path, [System.IO.FileMode]::Create, $access, [System.IO.FileShare]::None)
    $Legacy['Hash'] = New-Sha256
    $Legacy['Stream'].SetLength([long]$Legacy.Parameters['size'])
}

function Remove-Part {
    # Only what this run has opened: another run may be writing a file of the same name.
    if ($null -eq $Legacy['Stream']) { return }
    $Legacy['Stream'].Close()
    [System.IO.File]::Delete((Get-PartPath))
}

function Add-Piece([byte[]]$Bytes) {
    $whole = $false
    try {
        if ($null -eq $Legacy['Stream']) { Open-Part }
        $Legacy['Stream'].Write($Bytes, 0, $Bytes.Length)
        [void]$Legacy['Hash'].TransformBlock($Bytes, 0, $Bytes.Length, $Bytes, 0)
        $Legacy['Size'] = $Legacy['Size'] + $Bytes.Length
        $whole = $true
    }
    finally { if (-not $whole) { Remove-Part } }
}

function Complete-Part($Parameters, $Data) {
    $nothing = [byte[]]@()
    [void]$Legacy['Hash'].TransformFinalBlock($nothing, 0, 0)
    $hash = $Legacy['Hash'].Hash
    $actual = ConvertTo-Hex $hash
    if (($Legacy['Size'] -ne [long]$Parameters['size']) -or ($actual -ne [string]$Parameters['sha256'])) {
        Stop-Run 'hash_mismatch' ('' + $Legacy['Size'] + ' bytes arrived, with SHA-256 ' + $actual)
    }
    $Legacy['Stream'].Close()
    $path = [string]$Parameters['path']
    if ([System.IO.File]::Exists($path)) { [System.IO.File]::Delete($path) }
    [System.IO.File]::Move((Get-PartPath), $path)
    $Data['size'] = $Legacy['Size']
    $Data['sha256'] = $actual
}

function Invoke-Script($Parameters, $Data) {
    $whole = $false
    try {
        if ($null -eq $Legacy['Stream']) { Open-Part }
        Complete-Part $Parameters $Data
        $whole = $true
    }
    finally { if (-not $whole) { Remove-Part } }
}
