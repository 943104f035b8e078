# Common part of every script: parameters in, result out, and the readings that several scripts share.
#
# boot.ps1 dot-sources "common.ps1 + newline + NAME.ps1" and then calls Set-Parameters (once),
# Receive-Piece (for each further line of stdin) and Complete-Run (once).
# NAME.ps1 sets $Legacy.Script and defines Invoke-Script, which fills the hashtable it is given:
# nothing that a function happens to return can reach the result.
#
# Result: {"ok": true, "script", "data"} or {"ok": false, "script", "error"}; see Complete-Run.
#
# Written for PowerShell 2.0 on CLR 2.0; ASCII only; no localised text is ever compared.
# Sources: .NET 2.0 class library (documented); Task Scheduler 2.0 scripting objects (documented);
# SessionBrokerDrainMode 0 all, 1 drain until restart, 2 drain, and its registry value
# TSServerDrainMode (seen in public administration scripts; unverified on Server 2008).

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Set-StrictMode -Version 1.0

$Legacy = @{
    Script = 'common'
    CommonLines = 0
    Parameters = $null
    Failure = $null
    ServiceList = $null
}

# --- parameters -------------------------------------------------------------------------------

function Get-XmlValue($Node) {
    # One element of the parameters as a value; lists are ArrayLists, objects are hashtables.
    switch ($Node.LocalName) {
        's' { return [string]$Node.InnerText }
        'i' { return [long]::Parse($Node.InnerText, [System.Globalization.CultureInfo]::InvariantCulture) }
        'b' { return ($Node.InnerText -eq 'true') }
        'z' { return $null }
        'l' {
            $list = New-Object System.Collections.ArrayList
            foreach ($child in $Node.ChildNodes) {
                if ($child.NodeType -eq [System.Xml.XmlNodeType]::Element) {
                    [void]$list.Add((Get-XmlValue $child))
                }
            }
            return ,$list
        }
        'o' {
            $object = @{}
            foreach ($child in $Node.ChildNodes) {
                if ($child.NodeType -eq [System.Xml.XmlNodeType]::Element) {
                    $object[$child.GetAttribute('n')] = Get-XmlValue $child
                }
            }
            return $object
        }
        default { throw ('unknown element in the parameters: ' + $Node.LocalName) }
    }
}

function Set-Parameters([string]$Text) {
    if ($null -ne $Legacy.Failure) { return }
    try {
        $document = New-Object System.Xml.XmlDocument
        $document.XmlResolver = $null
        $document.PreserveWhitespace = $true
        $document.LoadXml($Text)
        $Legacy.Parameters = Get-XmlValue $document.DocumentElement
    }
    catch { Save-Failure $_ }
}

function Get-ListParameter([string]$Name) {
    # A parameter that is a list; empty where it is missing ("foreach" over $null would run once).
    $list = $Legacy.Parameters[$Name]
    if ($null -eq $list) { $list = New-Object System.Collections.ArrayList }
    return ,$list
}

# --- result -----------------------------------------------------------------------------------

function Add-JsonText($Builder, [string]$Text) {
    # Everything but plain printable ASCII becomes \uXXXX, so the result survives any code page.
    [void]$Builder.Append('"')
    $at = 0
    foreach ($match in [regex]::Matches($Text, '[^\x20\x21\x23-\x5B\x5D-\x7E]')) {
        [void]$Builder.Append($Text.Substring($at, $match.Index - $at))
        [void]$Builder.Append('\u')
        [void]$Builder.Append(([int][char]$match.Value).ToString('X4'))
        $at = $match.Index + 1
    }
    [void]$Builder.Append($Text.Substring($at))
    [void]$Builder.Append('"')
}

function Test-WholeNumber($Value) {
    # Whatever WMI, COM and .NET give as a whole number: TypeCode SByte 5 to UInt64 12. An
    # enumeration has the code of its number, and is text.
    $code = [int][Type]::GetTypeCode($Value.GetType())
    return (($code -ge 5) -and ($code -le 12) -and (-not ($Value -is [Enum])))
}

function Add-Json($Builder, $Value) {
    if ($null -eq $Value) { [void]$Builder.Append('null') }
    elseif ($Value -is [bool]) {
        if ($Value) { [void]$Builder.Append('true') } else { [void]$Builder.Append('false') }
    }
    elseif (Test-WholeNumber $Value) { [void]$Builder.Append([string]$Value) }
    elseif ($Value -is [System.Collections.IDictionary]) {
        # GetEnumerator, because .Keys would be the entry of a service that is called Keys.
        $names = New-Object System.Collections.ArrayList
        foreach ($entry in $Value.GetEnumerator()) { [void]$names.Add([string]$entry.Key) }
        $names.Sort([System.StringComparer]::Ordinal)
        $separator = '{'
        foreach ($name in $names) {
            [void]$Builder.Append($separator)
            Add-JsonText $Builder $name
            [void]$Builder.Append(':')
            Add-Json $Builder $Value[$name]
            $separator = ','
        }
        if ($names.Count -eq 0) { [void]$Builder.Append('{') }
        [void]$Builder.Append('}')
    }
    elseif ($Value -is [System.Collections.IList]) {
        $separator = ''
        [void]$Builder.Append('[')
        foreach ($item in $Value) {
            [void]$Builder.Append($separator)
            Add-Json $Builder $item
            $separator = ','
        }
        [void]$Builder.Append(']')
    }
    else { Add-JsonText $Builder ([string]$Value) }
}

function Write-Result($Value) {
    $json = New-Object System.Text.StringBuilder
    Add-Json $json $Value
    $bytes = [System.Text.Encoding]::UTF8.GetBytes($json.ToString())
    $base64 = [Convert]::ToBase64String($bytes)
    $text = New-Object System.Text.StringBuilder
    [void]$text.Append("-----BEGIN LEGACYOPS RESULT-----`r`n")
    for ($at = 0; $at -lt $base64.Length; $at += 76) {
        [void]$text.Append($base64.Substring($at, [Math]::Min(76, $base64.Length - $at)))
        [void]$text.Append("`r`n")
    }
    [void]$text.Append('-----END LEGACYOPS RESULT ' + $bytes.Length + "-----`r`n")
    [Console]::Out.Write($text.ToString())
    [Console]::Out.Flush()
}

function Get-InnerException($Record) {
    # What really went wrong, below the wrappers that PowerShell and reflection put around it.
    $exception = $Record
    if ($exception -is [System.Management.Automation.ErrorRecord]) { $exception = $exception.Exception }
    for ($depth = 0; $depth -lt 10; $depth++) {
        if (($exception -is [System.Management.Automation.ActionPreferenceStopException]) -and
                ($null -ne $exception.ErrorRecord)) {
            $exception = $exception.ErrorRecord.Exception
        }
        if ($null -eq $exception.InnerException) { break }
        $exception = $exception.InnerException
    }
    return $exception
}

function Get-ErrorText($Record) {
    $exception = Get-InnerException $Record
    $code = ConvertTo-Unsigned ([System.Runtime.InteropServices.Marshal]::GetHRForException($exception))
    return ('{0} (0x{1:X8})' -f $exception.Message, $code)
}

function Save-Failure($Record) {
    # The first failure is the one reported; what follows from it is not of interest.
    if ($null -ne $Legacy.Failure) { return }
    $exception = Get-InnerException $Record
    $failure = @{
        kind = 'script_error'
        message = [string]$exception.Message
        line = $null
        type = $exception.GetType().FullName
        code = $null
    }
    $kind = Get-StopKind $exception
    if ($null -ne $kind) { $failure.kind = $kind }
    else {
        # Only of what nobody foresaw is the place of interest; a refusal speaks for itself.
        $failure.code = ConvertTo-Unsigned ([System.Runtime.InteropServices.Marshal]::GetHRForException($exception))
        $line = 0
        if ($null -ne $Record.InvocationInfo) { $line = [int]$Record.InvocationInfo.ScriptLineNumber }
        if ($line -gt $Legacy.CommonLines) { $failure.line = $line - $Legacy.CommonLines }
        elseif ($line -gt 0) { $failure.message = $failure.message + ' (common.ps1, line ' + $line + ')' }
    }
    $Legacy.Failure = $failure
}

function Stop-Run([string]$Kind, [string]$Message) {
    # Ends the run on purpose: kind is refused, hash_mismatch or not_found. It travels with the
    # exception, so that of one that is caught nothing is left for the next failure.
    $exception = New-Object System.InvalidOperationException -ArgumentList $Message
    $exception.Data['legacyops'] = $Kind
    throw $exception
}

function Get-StopKind($Record) {
    # The kind that Stop-Run gave, or $null for every other failure.
    return (Get-InnerException $Record).Data['legacyops']
}

function Add-Piece([byte[]]$Bytes) {
    # receive_file has its own Add-Piece; no other script takes pieces.
    Stop-Run 'refused' 'this script takes no pieces of a file'
}

function Receive-Piece([byte[]]$Bytes) {
    # After a failure the rest of stdin is read and dropped, so that the sender is not cut off.
    if ($null -ne $Legacy.Failure) { return }
    try { $null = Add-Piece $Bytes }
    catch { Save-Failure $_ }
}

function Complete-Run {
    $data = @{}
    if ($null -eq $Legacy.Failure) {
        try { $null = Invoke-Script $Legacy.Parameters $data }
        catch { Save-Failure $_ }
    }
    if ($null -eq $Legacy.Failure) {
        Write-Result @{ ok = $true; script = $Legacy.Script; data = $data }
    }
    else {
        Write-Result @{ ok = $false; script = $Legacy.Script; error = $Legacy.Failure }
    }
}

# --- conversions ------------------------------------------------------------------------------

function ConvertTo-Unsigned($Value) {
    # An HRESULT or REG_DWORD as an unsigned 32 bit number (0xFFFFFFFF would be -1 in PowerShell).
    if ($null -eq $Value) { return $null }
    return (([long]$Value) -band 4294967295)
}

function ConvertTo-UtcText([DateTime]$Time) {
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    return $Time.ToUniversalTime().ToString("yyyy'-'MM'-'dd'T'HH':'mm':'ss'Z'", $culture)
}

function ConvertTo-Hex([byte[]]$Bytes) {
    return [BitConverter]::ToString($Bytes).Replace('-', '')
}

# --- files and the registry -------------------------------------------------------------------

function New-Sha256 {
    # The managed class is refused where FIPS is enforced; .NET 3.5 then has another.
    try { return New-Object System.Security.Cryptography.SHA256Managed }
    catch {
        Add-Type -AssemblyName System.Core
        return New-Object System.Security.Cryptography.SHA256CryptoServiceProvider
    }
}

function Get-BytesSha256([byte[]]$Bytes) {
    $hash = (New-Sha256).ComputeHash($Bytes)
    return ConvertTo-Hex $hash
}

function Open-FileToRead([string]$Path) {
    # Sharing everything: also a file that an installer is still writing can be read.
    $share = [System.IO.FileShare]'ReadWrite, Delete'
    return [System.IO.File]::Open($Path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, $share)
}

function Get-FileSha256([string]$Path) {
    $stream = Open-FileToRead $Path
    try { $hash = (New-Sha256).ComputeHash([System.IO.Stream]$stream) }
    finally { $stream.Close() }
    return ConvertTo-Hex $hash
}

function Get-MachineValue([string]$Path, [string]$Name) {
    # A value below HKEY_LOCAL_MACHINE, or $null where the key or the value does not exist.
    $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Path)
    if ($null -eq $key) { return $null }
    $value = $key.GetValue($Name)
    $key.Close()
    return ,$value
}

function Test-MachineKey([string]$Path) {
    $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Path)
    if ($null -eq $key) { return $false }
    $key.Close()
    return $true
}

# --- programs ---------------------------------------------------------------------------------

function Invoke-Program([string]$Path, [string]$Arguments) {
    # Runs a program of Windows with constant arguments; its text is localised, its code is not.
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $Path
    $start.Arguments = $Arguments
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $process.StandardInput.Close()
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    $result = @{ exit_code = [int]$process.ExitCode; output = [string]$output }
    $process.Close()
    return $result
}

# --- services ---------------------------------------------------------------------------------

function Get-ServiceObject([string]$Name, [bool]$Fresh) {
    # The WMI object of a service, or $null. The query is constant: no name gets into WQL.
    if ($Fresh -or ($null -eq $Legacy.ServiceList)) {
        $Legacy.ServiceList = @(Get-WmiObject -Class Win32_Service)
    }
    foreach ($service in $Legacy.ServiceList) {
        if ($service.Name -eq $Name) { return $service }
    }
    return $null
}

function Get-ServiceRecord($Service) {
    if ($null -eq $Service) {
        return @{
            exists = $false; state = $null; start_mode = $null; account = $null
            path = $null; exit_code = $null; process_id = $null
        }
    }
    return @{
        exists = $true
        state = $Service.State
        start_mode = $Service.StartMode
        account = $Service.StartName
        path = $Service.PathName
        exit_code = $Service.ExitCode
        process_id = $Service.ProcessId
    }
}

# --- logons -----------------------------------------------------------------------------------

function Get-LogonMode {
    # drain_mode 0 all, 1 drain until restart, 2 drain. A value that nobody has ever set is not
    # in the registry: then the class of Terminal Services is asked, which takes longer.
    $drain = Get-MachineValue 'SYSTEM\CurrentControlSet\Control\Terminal Server' 'TSServerDrainMode'
    $disabled = Get-MachineValue 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon' 'WinStationsDisabled'
    if (($null -eq $drain) -or ($null -eq $disabled)) {
        $setting = $null
        try {
            $setting = Get-WmiObject -Class Win32_TerminalServiceSetting -Authentication PacketPrivacy -Namespace 'root\CIMV2\TerminalServices'
        }
        catch { $setting = $null }
        if ($null -ne $setting) {
            if ($null -eq $drain) { $drain = $setting.SessionBrokerDrainMode }
            if ($null -eq $disabled) { $disabled = $setting.Logons }
        }
    }
    $mode = @{ drain_mode = $null; logons_disabled = $null }
    if ($null -ne $drain) { $mode.drain_mode = [int]$drain }
    if ($null -ne $disabled) { $mode.logons_disabled = ([string]$disabled -ne '0') }
    return $mode
}

# --- the last start ---------------------------------------------------------------------------
#
# LastBootUpTime moves whenever the clock is set. What tells one start from the next is the record
# that each start leaves in the System log: event 6009 of EventLog, "logged during every boot"
# (documented, KB196452), whose EventRecordID (documented) is given in order of writing. Where the
# log has none any more, its oldest and newest record tell how far back it reaches. LastBootUpTime
# and LocalDateTime come from one reading, so their difference is the time since the start.
# Unverified: all of it on a real Windows Server 2008.

function Get-RecordNumber($Run) {
    # The EventRecordID of the first event that wevtutil gives, or $null where there is none.
    if ($Run.exit_code -ne 0) { throw ('wevtutil ended with exit code ' + $Run.exit_code) }
    $match = [regex]::Match($Run.output, '<EventRecordID>(\d+)</EventRecordID>')
    if (-not $match.Success) { return $null }
    return [long]$match.Groups[1].Value
}

function Get-StartRecord {
    $arguments = 'qe System "/q:*[System[Provider[@Name=''EventLog''] and (EventID=6009)]]" /c:1 /rd:true /f:xml'
    $run = Invoke-Program ($env:SystemRoot + '\System32\wevtutil.exe') $arguments
    return Get-RecordNumber $run
}

function Get-StartSigns {
    # {start_record, first_record, last_record, last_boot, clock_utc, error}; a number that was not
    # read, or not needed, is null.
    $os = Get-WmiObject -Class Win32_OperatingSystem
    $signs = @{
        start_record = $null; first_record = $null; last_record = $null; error = $null
        last_boot = ConvertTo-UtcText ([System.Management.ManagementDateTimeConverter]::ToDateTime($os.LastBootUpTime))
        clock_utc = ConvertTo-UtcText ([System.Management.ManagementDateTimeConverter]::ToDateTime($os.LocalDateTime))
    }
    try {
        $signs.start_record = Get-StartRecord
        if ($null -eq $signs.start_record) {
            $arguments = 'qe System /c:1 /rd:true /f:xml'
            $run = Invoke-Program ($env:SystemRoot + '\System32\wevtutil.exe') $arguments
            $signs.last_record = Get-RecordNumber $run
            $arguments = 'qe System /c:1 /rd:false /f:xml'
            $run = Invoke-Program ($env:SystemRoot + '\System32\wevtutil.exe') $arguments
            $signs.first_record = Get-RecordNumber $run
        }
    }
    catch { $signs.error = Get-ErrorText $_ }
    return $signs
}

# --- jobs -------------------------------------------------------------------------------------

function Connect-Scheduler {
    $scheduler = New-Object -ComObject Schedule.Service
    $null = $scheduler.Connect()
    return $scheduler
}

function Get-JobTask($Scheduler, [string]$Name) {
    # The task \legacyops\NAME, or $null. 0x80070002 file not found, 0x80070003 path not found.
    try { return $Scheduler.GetFolder('\legacyops').GetTask($Name) }
    catch {
        $record = $_
        $exception = Get-InnerException $record
        $code = ConvertTo-Unsigned ([System.Runtime.InteropServices.Marshal]::GetHRForException($exception))
        if (($code -eq 2147942402) -or ($code -eq 2147942403)) { return $null }
        throw $record
    }
}

function ConvertTo-StartText($Signs) {
    # Five parts; one that is null is empty.
    return [string]::Join('|', [string[]]@($Signs.start_record, $Signs.first_record, $Signs.last_record, $Signs.last_boot, $Signs.clock_utc))
}

function ConvertFrom-StartText([string]$Text) {
    $parts = $Text.Split('|')
    if ($parts.Length -ne 5) { return $null }
    $numbers = @($null, $null, $null)
    for ($i = 0; $i -lt 3; $i++) {
        if ($parts[$i].Length -gt 0) { $numbers[$i] = [long]$parts[$i] }
    }
    return @{
        start_record = $numbers[0]; first_record = $numbers[1]; last_record = $numbers[2]
        last_boot = $parts[3]; clock_utc = $parts[4]
    }
}

function Get-JobRecord($Task) {
    # last_result 0x41303 (267011) = has not run yet, 0x41301 (267009) = is running. Before Windows
    # Server 2016 one that has not run answers 1, so the time of its last run tells; that time is
    # then before 2000, or none.
    # start: of which start of Windows it was registered, in the task's own data (see job).
    if ($null -eq $Task) { return @{ exists = $false; state = $null; last_result = $null; last_run = $null; start = $null } }
    $record = @{
        exists = $true
        state = [int]$Task.State
        last_result = ConvertTo-Unsigned $Task.LastTaskResult
        last_run = $null
        start = ConvertFrom-StartText ([string]$Task.Definition.Data)
    }
    $time = $Task.LastRunTime
    if (($null -ne $time) -and (([DateTime]$time).Year -gt 2000)) { $record.last_run = ConvertTo-UtcText ([DateTime]$time) }
    return $record
}

function Test-JobNeverRan($Record) {
    return (($null -eq $Record.last_run) -and (@(1, 267011) -contains $Record.last_result))
}

# --- the owner record -------------------------------------------------------------------------

function Get-OwnerPath([string]$Name) {
    # Below the Windows folder only administrators may write. Without a name: of this server itself.
    $folder = [Environment]::GetEnvironmentVariable('SystemRoot') + '\legacyops\owners\'
    if ($Name -eq '') { return $folder + 'server.json' }
    if (-not [regex]::IsMatch($Name, '\A[A-Za-z0-9._-]{1,100}\z')) {
        Stop-Run 'refused' ('not a name of a system: ' + $Name)
    }
    return $folder + 'system-' + $Name + '.json'
}

function Open-Owner([string]$Path, $Mode, $Access) {
    # Shared with nobody: who has it open is alone with it. Another one has it for milliseconds.
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        try { return New-Object System.IO.FileStream -ArgumentList $Path, $Mode, $Access, ([System.IO.FileShare]::None), 4096, ([System.IO.FileOptions]::WriteThrough) }
        catch {
            # 0x80070020 sharing violation, 0x80070021 lock violation
            $record = $_
            $code = ConvertTo-Unsigned ([System.Runtime.InteropServices.Marshal]::GetHRForException((Get-InnerException $record)))
            $busy = @(2147942432, 2147942433) -contains $code
            if ((-not $busy) -or ($watch.Elapsed.TotalSeconds -ge 10)) { throw $record }
        }
        Start-Sleep -Milliseconds 200
    }
}

function Read-OwnerText($Stream) {
    # $null for an empty record: nobody holds it.
    $size = [int]$Stream.Length
    if ($size -eq 0) { return $null }
    $bytes = New-Object byte[] $size
    [void]$Stream.Seek(0, [System.IO.SeekOrigin]::Begin)
    $have = 0
    while ($have -lt $size) {
        $count = $Stream.Read($bytes, $have, $size - $have)
        if ($count -eq 0) { break }
        $have = $have + $count
    }
    return [System.Text.Encoding]::UTF8.GetString($bytes, 0, $have)
}

function Get-OwnerText([string]$Name) {
    $path = Get-OwnerPath $Name
    if (-not [System.IO.File]::Exists($path)) { return $null }
    $stream = Open-Owner $path ([System.IO.FileMode]::Open) ([System.IO.FileAccess]::Read)
    try { return Read-OwnerText $stream }
    finally { $stream.Close() }
}

# --- a program's log --------------------------------------------------------------------------

function Test-Utf16Log([System.IO.FileStream]$Stream) {
    # msiexec writes UTF-16 with a byte order mark, or ANSI.
    $start = New-Object byte[] 2
    [void]$Stream.Seek(0, [System.IO.SeekOrigin]::Begin)
    $count = $Stream.Read($start, 0, 2)
    return (($count -eq 2) -and ($start[0] -eq 255) -and ($start[1] -eq 254))
}

function Get-LogText([System.IO.FileStream]$Stream, [long]$Limit) {
    # The last Limit bytes as text.
    $encoding = [System.Text.Encoding]::Default
    if (Test-Utf16Log $Stream) { $encoding = [System.Text.Encoding]::Unicode }
    $from = [Math]::Max([long]0, $Stream.Length - $Limit)
    $from = $from - ($from % 2)
    [void]$Stream.Seek($from, [System.IO.SeekOrigin]::Begin)
    $reader = New-Object System.IO.StreamReader -ArgumentList $Stream, $encoding, $true
    return $reader.ReadToEnd()
}

function Get-LogMatches([string]$Text, $Patterns) {
    $list = New-Object System.Collections.ArrayList
    if ($Patterns.Count -eq 0) { return ,$list }
    $any = '(?:' + [string]::Join(')|(?:', [string[]]$Patterns.ToArray()) + ')'
    foreach ($match in [regex]::Matches($Text, '(?m)^.*(?:' + $any + ').*$')) {
        $line = $match.Value.Trim()
        if ($line.Length -gt 500) { $line = $line.Substring(0, 500) }
        [void]$list.Add($line)
        if ($list.Count -ge 50) { break }
    }
    return ,$list
}

function Get-LogTail([System.IO.FileStream]$Stream, [long]$Limit) {
    $size = [int][Math]::Min($Limit, $Stream.Length)
    [void]$Stream.Seek($Stream.Length - $size, [System.IO.SeekOrigin]::Begin)
    $bytes = New-Object byte[] $size
    $have = 0
    while ($have -lt $size) {
        $count = $Stream.Read($bytes, $have, $size - $have)
        if ($count -eq 0) { break }
        $have = $have + $count
    }
    return [Convert]::ToBase64String($bytes, 0, $have)
}

function Get-LogRecord($Log) {
    if ($null -eq $Log) { return $null }
    $path = [string]$Log['path']
    if (-not [System.IO.File]::Exists($path)) {
        return @{ exists = $false; size = 0; utf_16 = $false; matches = @(); tail = '' }
    }
    $patterns = $Log['patterns']
    if ($null -eq $patterns) { $patterns = New-Object System.Collections.ArrayList }
    $stream = Open-FileToRead $path
    try {
        $size = [long]$stream.Length
        $utf16 = Test-Utf16Log $stream
        $tail = Get-LogTail $stream ([long]$Log['tail_bytes'])
        $found = New-Object System.Collections.ArrayList
        if ($patterns.Count -gt 0) { $found = Get-LogMatches (Get-LogText $stream 8388608) $patterns }
    }
    finally { $stream.Close() }
    return @{ exists = $true; size = $size; utf_16 = $utf16; matches = $found; tail = $tail }
}

function Get-CallerLine { return $MyInvocation.ScriptLineNumber }

# The line that follows this one is the last of common.ps1: the end of the file and the newline
# that joins it to NAME.ps1 make it one line more.
$Legacy.CommonLines = 1 + (Get-CallerLine)
