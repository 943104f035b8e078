# root_certificate: adds a certificate to LocalMachine\Root or removes it.
#
# Parameters
#   op          add or remove
#   sha256      SHA-256 of the certificate's DER, upper-case hex
#   thumbprint  SHA-1 of the same, upper-case hex
#   der         the certificate in base64; only for add
# Result: {before, after}: whether the store held a certificate with this SHA-256.
# Errors: hash_mismatch where the DER that arrived is not the pinned one.
#
# Sources: X509Store (documented). The Cert: drive of PowerShell 2.0 cannot be written. The store is
#   the logical one; "Add" writes to its physical store of the local computer, "Remove" cannot take
#   away what a group policy or the enterprise store puts in (documented for system stores).

$Legacy.Script = 'root_certificate'

function Find-Root($Store, [string]$Thumbprint, [string]$Sha256) {
    # Compared by both hashes, never by name: root and cross-certificate share name and key.
    foreach ($certificate in $Store.Certificates) {
        if (($certificate.Thumbprint -eq $Thumbprint) -and
                ((Get-BytesSha256 $certificate.RawData) -eq $Sha256)) { return $certificate }
    }
    return $null
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
    $new = $null
    if ($operation -eq 'add') { $new = Get-PinnedCertificate ([string]$Parameters['der']) $thumbprint $sha256 }

    $store = New-Object System.Security.Cryptography.X509Certificates.X509Store -ArgumentList 'Root', 'LocalMachine'
    $store.Open([System.Security.Cryptography.X509Certificates.OpenFlags]::ReadWrite)
    try {
        $found = Find-Root $store $thumbprint $sha256
        $Data['before'] = ($null -ne $found)
        if (($operation -eq 'add') -and ($null -eq $found)) { [void]$store.Add($new) }
        if (($operation -eq 'remove') -and ($null -ne $found)) { [void]$store.Remove($found) }
    }
    finally { $store.Close() }

    $store.Open([System.Security.Cryptography.X509Certificates.OpenFlags]::ReadOnly)
    try { $Data['after'] = ($null -ne (Find-Root $store $thumbprint $sha256)) }
    finally { $store.Close() }
}
