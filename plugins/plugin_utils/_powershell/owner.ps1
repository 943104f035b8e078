# owner: the record of who holds a server, on the server itself, or an FT system, on its relay: where
# every controller sees it.
#
# Parameters
#   op        take, read, replace or free
#   name      the FT system's inventory name: letters, digits, dot, hyphen, underscore; null: this
#             server itself, by whatever name a controller knows it
#   text      the record, one line that the controller writes                 (take, replace)
#   expected  the text that must be there now                                 (replace, free)
# Result
#   take:    {taken, text}: text is the record that is there now, our own or the other one's
#   read:    {text}: null = nobody holds it
#   replace: {replaced, text}
#   free:    {freed, text}: text null where it was freed or free already
# Errors: refused.
#
# One file a server or system, in the folder legacyops\owners below the Windows folder. It is opened for one
# process alone, so that looking and writing are one act; an empty file means free. It never
# expires: a start with chkdsk takes hours. A new record is written over the old one and only then
# cut to its length, so that whatever happens to the machine in between leaves it held.
#
# Sources: FileStream, FileShare.None, FileOptions.WriteThrough (documented).

$Legacy.Script = 'owner'

function Write-OwnerText($Stream, [string]$Text) {
    $bytes = [System.Text.Encoding]::UTF8.GetBytes($Text)
    [void]$Stream.Seek(0, [System.IO.SeekOrigin]::Begin)
    $Stream.Write($bytes, 0, $bytes.Length)
    $Stream.Flush()
    $Stream.SetLength($bytes.Length)
}

function Assert-OwnerText([string]$Text) {
    if (-not [regex]::IsMatch($Text, '\A[^\x00-\x1f]{1,4000}\z')) {
        Stop-Run 'refused' 'the record must be one line of 1 to 4000 characters'
    }
}

function Invoke-OwnerAct($Stream, $Parameters, $Data) {
    $now = Read-OwnerText $Stream
    $text = [string]$Parameters['text']
    $expected = [string]$Parameters['expected']
    switch ([string]$Parameters['op']) {
        'take' {
            $Data['taken'] = ($null -eq $now)
            if ($null -eq $now) {
                Write-OwnerText $Stream $text
                $now = $text
            }
        }
        'replace' {
            $Data['replaced'] = (($null -ne $now) -and ($now -ceq $expected))
            if ($Data['replaced']) {
                Write-OwnerText $Stream $text
                $now = $text
            }
        }
        'free' {
            $Data['freed'] = (($null -eq $now) -or ($now -ceq $expected))
            if ($Data['freed']) {
                $Stream.SetLength(0)
                $now = $null
            }
        }
    }
    $Data['text'] = $now
}

function Invoke-Script($Parameters, $Data) {
    $name = [string]$Parameters['name']
    $operation = [string]$Parameters['op']
    if (@('take', 'read', 'replace', 'free') -notcontains $operation) {
        Stop-Run 'refused' 'op must be take, read, replace or free'
    }
    if ($operation -eq 'read') {
        $Data['text'] = Get-OwnerText $name
        return
    }
    if ($operation -ne 'free') { Assert-OwnerText ([string]$Parameters['text']) }
    $path = Get-OwnerPath $name
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($path))
    $stream = Open-Owner $path ([System.IO.FileMode]::OpenOrCreate) ([System.IO.FileAccess]::ReadWrite)
    try { Invoke-OwnerAct $stream $Parameters $Data }
    finally { $stream.Close() }
}
