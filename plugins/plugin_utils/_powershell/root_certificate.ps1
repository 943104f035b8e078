# root_certificate: adds a certificate to LocalMachine\Root or removes it.
#
# Parameters
#   op          add or remove
#   sha256      SHA-256 of the certificate's DER, upper-case hex
#   thumbprint  SHA-1 of the same, upper-case hex
#   der         the certificate in base64; only for add
# Result: {before, after}: whether the store of the local computer held this certificate. Only the
#   physical store counts, as in observe: a copy in AuthRoot or from a policy is another matter.
# Errors: hash_mismatch where the DER that arrived is not the pinned one.
#
# Sources: X509Store and the store's place in the registry (documented). The Cert: drive of
#   PowerShell 2.0 cannot be written. Unverified: that Add also writes to the physical store of the
#   local computer where AuthRoot already holds the certificate; "after" shows it.

$Legacy.Script = 'root_certificate'

function Find-Root([string]$Thumbprint, [string]$Sha256) {
    # Compared by both hashes, never by name: root and cross-certificate share name and key.
    $blob = Get-MachineValue ('SOFTWARE\Microsoft\SystemCertificates\ROOT\Certificates\' + $Thumbprint) 'Blob'
    if ($null -eq $blob) { return $null }
    $certificate = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList (,[byte[]]$blob)
    if ((Get-BytesSha256 $certificate.RawData) -ne $Sha256) { return $null }
    return $certificate
}

function Get-PinnedCertificate([string]$Base64, [string]$Thumbprint, [string]$Sha256) {
    $bytes = [Convert]::FromBase64String($Base64)
    $actual = Get-BytesSha256 $bytes
    if ($actual -ne $Sha256) {
        Stop-Run 'hash_mismatch' ('the certificate that arrived has SHA-256 ' + $actual)
    }
    $certificate = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList (,[byte[]]$bytes)
    if ($certificate.Thumbprint -ne $Thumbprint) {
        Stop-Run 'hash_mismatch' ('the certificate that arrived has thumbprint ' + $certificate.Thumbprint)
    }
    return $certificate
}

function Invoke-Script($Parameters, $Data) {
    $operation = [string]$Parameters['op']
    $thumbprint = [string]$Parameters['thumbprint']
    $sha256 = [string]$Parameters['sha256']
    if (($operation -ne 'add') -and ($operation -ne 'remove')) { Stop-Run 'refused' 'op must be add or remove' }
    if (-not [regex]::IsMatch($thumbprint, '\A[0-9A-F]{40}\z')) { Stop-Run 'refused' 'thumbprint must be 40 upper-case hex digits' }
    $new = $null
    if ($operation -eq 'add') { $new = Get-PinnedCertificate ([string]$Parameters['der']) $thumbprint $sha256 }

    $found = Find-Root $thumbprint $sha256
    $Data['before'] = ($null -ne $found)
    $store = New-Object System.Security.Cryptography.X509Certificates.X509Store -ArgumentList 'Root', 'LocalMachine'
    $store.Open([System.Security.Cryptography.X509Certificates.OpenFlags]::ReadWrite)
    try {
        if (($operation -eq 'add') -and ($null -eq $found)) { [void]$store.Add($new) }
        if (($operation -eq 'remove') -and ($null -ne $found)) { [void]$store.Remove($found) }
    }
    finally { $store.Close() }
    $Data['after'] = ($null -ne (Find-Root $thumbprint $sha256))
}
