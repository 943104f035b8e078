# ft/common: what the scripts of a relay share (ft/observe, ft/act), after common.ps1.
#
# The relay reaches a node without WinRM by WMI over DCOM. Get-WmiObject has no time limit for its
# connection, and a damaged node may hold a call for ever: so TCP port 135 is probed first, and one
# child powershell per node does all that touches the node. Whoever started it ends it at its
# deadline, and what it had not finished to say is unknown, not a part of an answer.
#
# The child is this very script: it gets the same lines on stdin as its parent did (script,
# parameters), the parameter "child" tells it to work on its node. A password stands on no command
# line: it is in the parameters, and nowhere but in the memory of the two processes.
# Child's answer: one line, LEGACYOPS-NODE, number of bytes, base64 of an XML like the parameters'.
#
# The second way to read a node, where its WMI fails (ft/observe, way rpc): the classes of .NET 2.0
# for the registry, the event log and services of another machine, which are classic RPC over named
# pipes, and files of its administrative share. All of it is SMB, as the account that
# Connect-NodeShare gave. The functions below take either way's registry and scope: a RegistryKey
# and the node as it was given, instead of StdRegProv and a ManagementScope.
#
# Sources
#   documented: System.Management (ManagementScope, ConnectionOptions), StdRegProv, CIM_DataFile,
#     Win32_OperatingSystem, TcpClient, Process; HRESULTs of RPC, Win32 and WBEM;
#     WNetAddConnection2; RegistryKey.OpenRemoteBaseKey, FileVersionInfo
#   unverified: all of the second way, towards every Windows
#   unverified: that Windows 2000 answers calls of the authentication level PacketPrivacy, which
#     is above the level that the hardening of DCOM demands (KB5004442); that StdRegProv answers 1
#     or 2 where there is no such value

# boot.ps1, or the boot of a child, has the bytes of this script in hand.
$Legacy.Code = $LegacyBytes
$Legacy.JobRoot = 'SOFTWARE\legacyops\Jobs'
$Legacy.Shares = New-Object System.Collections.ArrayList

# The only code that a child's command line holds. It skips what is no base64: on a console of
# code page 65001 the .NET Framework sends a byte order mark first.
$NodeBoot = '
begin { $ErrorActionPreference = ''Stop''; $LegacyLine = 0 }
process {
    if ($_ -match ''\A[A-Za-z0-9+/=]+\z'') {
        $LegacyLine = $LegacyLine + 1
        $LegacyBytes = [Convert]::FromBase64String($_)
        if ($LegacyLine -eq 2) { Set-Parameters ([Text.Encoding]::UTF8.GetString($LegacyBytes)) }
        if ($LegacyLine -eq 1) { . ([scriptblock]::Create([Text.Encoding]::UTF8.GetString($LegacyBytes))) }
    }
}
end { Complete-Run }
'

# --- between parent and child -----------------------------------------------------------------

function ConvertTo-XmlText([string]$Text) {
    # What XML 1.0 cannot carry becomes a question mark; a bare CR would be read as LF.
    $safe = [regex]::Replace($Text, '[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]', '?')
    return [System.Security.SecurityElement]::Escape($safe).Replace([string][char]13, '&#13;')
}

function Add-Xml($Builder, $Name, $Value) {
    # The opposite of Get-XmlValue.
    $attribute = ''
    if ($null -ne $Name) { $attribute = ' n="' + (ConvertTo-XmlText $Name) + '"' }
    if ($null -eq $Value) { [void]$Builder.Append('<z' + $attribute + '/>') }
    elseif ($Value -is [bool]) {
        $text = 'false'
        if ($Value) { $text = 'true' }
        [void]$Builder.Append('<b' + $attribute + '>' + $text + '</b>')
    }
    elseif (Test-WholeNumber $Value) {
        [void]$Builder.Append('<i' + $attribute + '>' + [string]$Value + '</i>')
    }
    elseif ($Value -is [System.Collections.IDictionary]) {
        [void]$Builder.Append('<o' + $attribute + '>')
        foreach ($entry in $Value.GetEnumerator()) { Add-Xml $Builder ([string]$entry.Key) $entry.Value }
        [void]$Builder.Append('</o>')
    }
    elseif ($Value -is [System.Collections.IList]) {
        [void]$Builder.Append('<l' + $attribute + '>')
        foreach ($item in $Value) { Add-Xml $Builder $null $item }
        [void]$Builder.Append('</l>')
    }
    else { [void]$Builder.Append('<s' + $attribute + '>' + (ConvertTo-XmlText ([string]$Value)) + '</s>') }
}

function ConvertTo-XmlBytes($Value) {
    $builder = New-Object System.Text.StringBuilder
    Add-Xml $builder $null $Value
    $bytes = [System.Text.Encoding]::UTF8.GetBytes($builder.ToString())
    return ,$bytes
}

function ConvertFrom-XmlBytes([byte[]]$Bytes) {
    $document = New-Object System.Xml.XmlDocument
    $document.XmlResolver = $null
    $document.PreserveWhitespace = $true
    $document.LoadXml([System.Text.Encoding]::UTF8.GetString($Bytes))
    return Get-XmlValue $document.DocumentElement
}

function Write-NodeAnswer($Value) {
    $bytes = ConvertTo-XmlBytes $Value
    [Console]::Out.WriteLine('LEGACYOPS-NODE ' + $bytes.Length + ' ' + [Convert]::ToBase64String($bytes))
    [Console]::Out.Flush()
}

function Get-ChildInput($Parameters) {
    # An empty line takes the byte order mark that the .NET Framework may send.
    $text = New-Object System.Text.StringBuilder
    [void]$text.Append("`r`n")
    [void]$text.Append([Convert]::ToBase64String($Legacy.Code))
    [void]$text.Append("`r`n")
    [void]$text.Append([Convert]::ToBase64String((ConvertTo-XmlBytes $Parameters)))
    [void]$text.Append("`r`n")
    $bytes = [System.Text.Encoding]::ASCII.GetBytes($text.ToString())
    return ,$bytes
}

function Start-NodeChild($Parameters, [int]$Seconds) {
    # A process of the same program as this one. All pipes are moved without waiting.
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
    $command = [Convert]::ToBase64String([System.Text.Encoding]::Unicode.GetBytes($NodeBoot))
    $start.Arguments = '-NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand ' + $command
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    # Read and dropped, so that the child never waits for room.
    $process.BeginErrorReadLine()
    $buffer = New-Object byte[] 65536
    $stdin = $process.StandardInput.BaseStream
    $stdout = $process.StandardOutput.BaseStream
    $bytes = Get-ChildInput $Parameters
    return @{
        program = $process; stdin = $stdin; stdout = $stdout; buffer = $buffer
        writing = $stdin.BeginWrite($bytes, 0, $bytes.Length, $null, $null)
        reading = $stdout.BeginRead($buffer, 0, $buffer.Length, $null, $null)
        answer = New-Object System.IO.MemoryStream
        seconds = $Seconds; watch = [System.Diagnostics.Stopwatch]::StartNew()
        ended = $false; killed = $false
    }
}

function Step-NodeChild($Child) {
    # Moves what can be moved at once.
    if (($null -ne $Child.writing) -and $Child.writing.IsCompleted) {
        $writing = $Child.writing
        $Child.writing = $null
        # A child that died early takes nothing more; its answer tells enough.
        try { $null = $Child.stdin.EndWrite($writing) } catch { $null = $_ }
        try { $null = $Child.stdin.Close() } catch { $null = $_ }
    }
    while ($Child.reading.IsCompleted) {
        # A broken pipe is an end like any other: what was said so far is judged.
        $count = 0
        try { $count = $Child.stdout.EndRead($Child.reading) } catch { $null = $_ }
        if ($count -eq 0) {
            $Child.ended = $true
            return
        }
        $null = $Child.answer.Write($Child.buffer, 0, $count)
        $Child.reading = $Child.stdout.BeginRead($Child.buffer, 0, $Child.buffer.Length, $null, $null)
    }
}

function Stop-NodeChild($Child) {
    $Child.ended = $true
    $Child.killed = $true
    # It may have ended by itself in this very moment.
    try { $null = $Child.program.Kill() } catch { $null = $_ }
}

function Wait-NodeChildren($Children) {
    # Returns when each child has ended, or has been ended at its deadline.
    while ($true) {
        $open = 0
        foreach ($child in $Children) {
            if (-not $child.ended) { Step-NodeChild $child }
            if (-not $child.ended) {
                if ($child.watch.Elapsed.TotalSeconds -ge $child.seconds) { Stop-NodeChild $child } else { $open = $open + 1 }
            }
        }
        if ($open -eq 0) { return }
        Start-Sleep -Milliseconds 100
    }
}

function New-NodeFailure([string]$Kind, [string]$Message) {
    return @{ ok = $false; kind = $Kind; message = $Message; data = $null }
}

function Get-NodeAnswer($Child) {
    # {ok, kind, message, data}; only a whole answer of a child that was not killed counts.
    if ($Child.killed) {
        return New-NodeFailure 'deadline' ('no whole answer within ' + $Child.seconds + ' seconds')
    }
    $text = [System.Text.Encoding]::ASCII.GetString($Child.answer.ToArray())
    $match = [regex]::Match($text, 'LEGACYOPS-NODE (\d+) ([A-Za-z0-9+/=]+)')
    if ($match.Success) {
        try {
            $bytes = [Convert]::FromBase64String($match.Groups[2].Value)
            if ([string]$bytes.Length -eq $match.Groups[1].Value) { return ConvertFrom-XmlBytes $bytes }
        }
        catch { return New-NodeFailure 'wmi' ('the child process answered wrongly: ' + (Get-ErrorText $_)) }
    }
    return New-NodeFailure 'wmi' 'the child process ended without a whole answer'
}

function Complete-NodeWork($Parameters) {
    # In the child: does the work (Invoke-NodeWork of the script) and says what came of it.
    $answer = @{ ok = $true; kind = $null; message = $null; data = @{} }
    try { $null = Invoke-NodeWork $Parameters $answer.data }
    catch {
        $kind = Get-StopKind $_
        if ($null -eq $kind) { $answer = New-NodeFailure (Get-NodeKind $_) (Get-ErrorText $_) }
        else { $answer = New-NodeFailure $kind ([string](Get-InnerException $_).Message) }
    }
    Write-NodeAnswer $answer
}

# --- the probe --------------------------------------------------------------------------------

function Start-Probe([string]$Address) {
    $client = New-Object System.Net.Sockets.TcpClient
    return @{ client = $client; pending = $client.BeginConnect($Address, 135, $null, $null) }
}

function Complete-Probe($Probe, [int]$Seconds, $Watch) {
    # $null where TCP port 135 answered, else why not.
    $left = [int][Math]::Max(0, 1000 * $Seconds - $Watch.Elapsed.TotalMilliseconds)
    try {
        if (-not $Probe.pending.AsyncWaitHandle.WaitOne($left, $false)) {
            return 'no answer on TCP port 135 within ' + $Seconds + ' seconds'
        }
        $null = $Probe.client.EndConnect($Probe.pending)
    }
    catch { return 'TCP port 135: ' + (Get-ErrorText $_) }
    finally { $Probe.client.Close() }
    return $null
}

# --- files of a node, and its named pipes (in the child only) ----------------------------------

$ShareSource = '
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace LegacyOps {
    public static class Share {
        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        public class Resource {
            public int Scope;
            public int Type;
            public int DisplayType;
            public int Usage;
            public string LocalName;
            public string RemoteName;
            public string Comment;
            public string Provider;
        }

        [DllImport("mpr.dll", EntryPoint = "WNetAddConnection2W", CharSet = CharSet.Unicode)]
        public static extern int Add(Resource resource, string password, string user, int flags);

        [DllImport("mpr.dll", EntryPoint = "WNetCancelConnection2W", CharSet = CharSet.Unicode)]
        public static extern int Cancel(string name, int flags, bool force);

        // Type 0: any, 1: disk. No drive letter, nothing that is remembered.
        public static void Open(string name, int type, string user, string password) {
            Resource resource = new Resource();
            resource.Type = type;
            resource.RemoteName = name;
            int code = Add(resource, password, user, 0);
            if (code != 0) { throw new Win32Exception(code); }
        }

        public static void Close(string name) { Cancel(name, 0, true); }
    }
}
'

function Connect-NodeShare($Node, [string]$Name, [int]$Type) {
    # \\ADDRESS\NAME with the node's own account: what this process then asks of that address over
    # SMB, files and named pipes, is asked as this account.
    $share = '\\' + [string]$Node['address'] + '\' + $Name
    if ($Legacy.Shares -contains $share) { return $share }
    if ($Legacy.Shares.Count -eq 0) { Add-Type -TypeDefinition $ShareSource -IgnoreWarnings }
    try { [LegacyOps.Share]::Open($share, $Type, [string]$Node['username'], [string]$Node['password']) }
    catch {
        # 53, 64, 67, 384: no such share, or no common version of SMB.
        $code = Get-NodeCode $_
        if (@(2147942453, 2147942464, 2147942467, 2147942784) -contains $code) {
            Stop-Run 'refused' ($share + ' cannot be opened (' + (Get-ErrorText $_) + '); the relay needs the SMB 1 client, and the node its administrative share')
        }
        throw
    }
    [void]$Legacy.Shares.Add($share)
    return $share
}

function Open-NodeShare($Node, [string]$Path) {
    # The path of a node's file as the relay sees it, with its share connected.
    return (Connect-NodeShare $Node ($Path.Substring(0, 1) + '$') 1) + $Path.Substring(2)
}

function Close-NodeShares {
    foreach ($share in $Legacy.Shares) { [LegacyOps.Share]::Close($share) }
}

# --- WMI on a node (in the child only) --------------------------------------------------------

function Get-NodeCode($Record) {
    $exception = Get-InnerException $Record
    if ($exception -is [System.Management.ManagementException]) {
        return ConvertTo-Unsigned ([int]$exception.ErrorCode)
    }
    # 0x80070000 and the number of a Win32 error
    if ($exception -is [System.ComponentModel.Win32Exception]) { return 2147942400 + $exception.NativeErrorCode }
    return ConvertTo-Unsigned ([System.Runtime.InteropServices.Marshal]::GetHRForException($exception))
}

function Get-NodeKind($Record) {
    # By code: 0x80070005, 0x80041003, 0x8007052E, 0x8007052F, 0x80070775 = denied;
    # 0x800706BA, 0x800706BE, 0x800706BF, 0x80070035, 0x80070043, 0x80070079 = out of reach.
    $code = Get-NodeCode $Record
    if (@(2147942405, 2147749891, 2147943726, 2147943727, 2147944309) -contains $code) { return 'access_denied' }
    if (@(2147944122, 2147944126, 2147944127, 2147942453, 2147942467, 2147942521) -contains $code) { return 'node_unreachable' }
    return 'wmi'
}

function Assert-Address([string]$Address) {
    if (-not [regex]::IsMatch($Address, '\A[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\z')) {
        Stop-Run 'refused' ('not an address of a node: ' + $Address)
    }
}

function Connect-Node($Node, [string]$Namespace) {
    Assert-Address ([string]$Node['address'])
    $options = New-Object System.Management.ConnectionOptions
    $options.Username = [string]$Node['username']
    $options.Password = [string]$Node['password']
    $options.Authentication = [System.Management.AuthenticationLevel]::PacketPrivacy
    $options.Impersonation = [System.Management.ImpersonationLevel]::Impersonate
    $options.EnablePrivileges = $true
    $path = '\\' + [string]$Node['address'] + '\' + $Namespace
    $scope = New-Object System.Management.ManagementScope -ArgumentList $path, $options
    $null = $scope.Connect()
    return $scope
}

function Get-NodeInstances($Scope, [string]$Wql) {
    # Wql is a constant of these scripts; nothing but a time that was made of numbers is put in.
    $query = New-Object System.Management.ObjectQuery -ArgumentList $Wql
    $searcher = New-Object System.Management.ManagementObjectSearcher -ArgumentList $Scope, $query
    $searcher.Options.ReturnImmediately = $true
    $searcher.Options.Rewindable = $false
    $searcher.Options.BlockSize = 50
    $list = New-Object System.Collections.ArrayList
    foreach ($object in $searcher.Get()) {
        [void]$list.Add($object)
        if ($list.Count -ge 5000) { break }
    }
    return ,$list
}

function Get-NodeClass($Scope, [string]$Name) {
    $path = New-Object System.Management.ManagementPath -ArgumentList $Name
    $options = New-Object System.Management.ObjectGetOptions
    return New-Object System.Management.ManagementClass -ArgumentList $Scope, $path, $options
}

function Get-NodeOs($Scope) {
    foreach ($os in (Get-NodeInstances $Scope 'SELECT * FROM Win32_OperatingSystem')) { return $os }
    throw 'Win32_OperatingSystem has no instance'
}

function Get-NodeUtc($Os) {
    return [System.Management.ManagementDateTimeConverter]::ToDateTime($Os.LocalDateTime).ToUniversalTime()
}

function Invoke-NodeMethod($Object, [string]$Method, $Arguments) {
    # By name: PowerShell would have to guess the order of the method's parameters.
    $with = $null
    if ($Arguments.Count -gt 0) {
        $with = $Object.psbase.GetMethodParameters($Method)
        foreach ($entry in $Arguments.GetEnumerator()) {
            $with.psbase.SetPropertyValue([string]$entry.Key, $entry.Value)
        }
    }
    return $Object.psbase.InvokeMethod($Method, $with, $null)
}

function Invoke-NodeRegistry($Registry, [string]$Method, $Arguments) {
    # 0x80000002 is HKEY_LOCAL_MACHINE.
    $Arguments['hDefKey'] = [uint32]2147483650
    return Invoke-NodeMethod $Registry $Method $Arguments
}

function Assert-RegistryCode($Answer, [string]$What) {
    $code = $Answer.psbase.GetPropertyValue('ReturnValue')
    if ($code -eq 5) { Stop-Run 'access_denied' ('the registry refuses ' + $What) }
    if ($code -ne 0) { throw ('StdRegProv answers ' + $code + ' to ' + $What) }
}

function Test-SecondWay($Scope) {
    return ($Scope -is [System.Collections.IDictionary])
}

function Get-NodeSubkeys($Registry, [string]$Key) {
    # The names of a key's subkeys; $null where there is no such key.
    $list = New-Object System.Collections.ArrayList
    if ($Registry -is [Microsoft.Win32.RegistryKey]) {
        $opened = $Registry.OpenSubKey($Key)
        if ($null -eq $opened) { return $null }
        try { foreach ($name in $opened.GetSubKeyNames()) { [void]$list.Add([string]$name) } }
        finally { $opened.Close() }
        return ,$list
    }
    $answer = Invoke-NodeRegistry $Registry 'EnumKey' @{ sSubKeyName = $Key }
    if ($answer.psbase.GetPropertyValue('ReturnValue') -eq 2) { return $null }
    Assert-RegistryCode $answer ('EnumKey ' + $Key)
    $names = $answer.psbase.GetPropertyValue('sNames')
    if ($null -ne $names) { foreach ($name in $names) { [void]$list.Add([string]$name) } }
    return ,$list
}

function Test-NodeKey($Registry, [string]$Key) {
    return ($null -ne (Get-NodeSubkeys $Registry $Key))
}

function Get-NodeRegistryValue($Registry, [string]$Method, [string]$Key, [string]$Value) {
    # $null where the key or the value does not exist. sValue, or uValue for a number.
    if ($Registry -is [Microsoft.Win32.RegistryKey]) { return ,(Get-RemoteValue $Registry $Key $Value) }
    $answer = Invoke-NodeRegistry $Registry $Method @{ sSubKeyName = $Key; sValueName = $Value }
    if (@(1, 2) -contains $answer.psbase.GetPropertyValue('ReturnValue')) { return $null }
    Assert-RegistryCode $answer ($Method + ' ' + $Key)
    if ($Method -eq 'GetDWORDValue') { return $answer.psbase.GetPropertyValue('uValue') }
    return ,$answer.psbase.GetPropertyValue('sValue')
}

function Get-RemoteValue($Registry, [string]$Key, [string]$Value) {
    # As it stands there: the relay's own environment says nothing of the node's.
    $opened = $Registry.OpenSubKey($Key)
    if ($null -eq $opened) { return $null }
    try { $found = $opened.GetValue($Value, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames) }
    finally { $opened.Close() }
    return ,$found
}

function Get-NodeText($Registry, [string]$Key, [string]$Value) {
    $text = Get-NodeRegistryValue $Registry 'GetStringValue' $Key $Value
    if ($null -eq $text) { return $null }
    return [string]$text
}

function Expand-NodePath([string]$Path, $Os) {
    # Only %windir% is known, and only at the beginning.
    $expanded = $Path
    if ($Path.StartsWith('%windir%\', [System.StringComparison]::OrdinalIgnoreCase)) {
        $expanded = ([string]$Os.WindowsDirectory).TrimEnd('\') + $Path.Substring(8)
    }
    if (-not [regex]::IsMatch($expanded, '\A[A-Za-z]:\\[^<>"|*?%/\x00-\x1f]+\z')) {
        Stop-Run 'refused' ('not a full path on the node: ' + $Path)
    }
    if ($expanded.Contains('\..')) { Stop-Run 'refused' ('not a straight path: ' + $Path) }
    return $expanded
}

function Get-NodeFile($Scope, [string]$Path) {
    # CIM_DataFile of a path from Expand-NodePath, or $null. 0x80041002 = not found.
    if (Test-SecondWay $Scope) { return Get-ShareFile (Open-NodeShare $Scope $Path) }
    $name = 'CIM_DataFile.Name="' + $Path.Replace('\', '\\') + '"'
    $key = New-Object System.Management.ManagementPath -ArgumentList $name
    $options = New-Object System.Management.ObjectGetOptions
    $file = New-Object System.Management.ManagementObject -ArgumentList $Scope, $key, $options
    try { $null = $file.psbase.Get() }
    catch {
        $record = $_
        if ((Get-NodeCode $record) -eq 2147749890) { return $null }
        throw $record
    }
    return $file
}

function Get-ShareFile([string]$Path) {
    # What CIM_DataFile would tell of a file on an open share: its version; $null without a file.
    if (-not [System.IO.File]::Exists($Path)) { return $null }
    $info = [System.Diagnostics.FileVersionInfo]::GetVersionInfo($Path)
    if ($null -eq $info.FileVersion) { return @{ Version = $null } }
    $parts = @($info.FileMajorPart, $info.FileMinorPart, $info.FileBuildPart, $info.FilePrivatePart)
    return @{ Version = [string]::Join('.', [string[]]$parts) }
}

# --- a node's last start ----------------------------------------------------------------------

function Get-NodeRecordRange($Scope, [string]$Wql) {
    # The lowest and the highest number among records of a log; $null where there is none. Wql is a
    # constant of these scripts.
    $query = New-Object System.Management.ObjectQuery -ArgumentList $Wql
    $searcher = New-Object System.Management.ManagementObjectSearcher -ArgumentList $Scope, $query
    $searcher.Options.ReturnImmediately = $true
    $searcher.Options.Rewindable = $false
    $searcher.Options.BlockSize = 200
    $range = @{ first = $null; last = $null }
    foreach ($entry in $searcher.Get()) {
        $number = [long]$entry.RecordNumber
        if (($null -eq $range.first) -or ($number -lt $range.first)) { $range.first = $number }
        if (($null -eq $range.last) -or ($number -gt $range.last)) { $range.last = $number }
    }
    return $range
}

function Get-NodeStartRecord($Scope) {
    # The number of the newest record of a start, or $null (see common).
    return (Get-NodeRecordRange $Scope 'SELECT RecordNumber FROM Win32_NTLogEvent WHERE Logfile = ''System'' AND SourceName = ''EventLog'' AND EventCode = 6009').last
}

function Get-NodeStartSigns($Scope, $Os) {
    # As Get-StartSigns of common. Windows 2000 and 2003 log event 6009 at every boot as well
    # (documented, KB196452); EventCode, SourceName and RecordNumber of Win32_NTLogEvent are
    # documented. Unverified: how long WMI takes to look through a log. Only where it has no start
    # record, which happens to a log that is written over, all of its numbers are read.
    $signs = @{
        start_record = $null; first_record = $null; last_record = $null; error = $null
        last_boot = ConvertTo-UtcText ([System.Management.ManagementDateTimeConverter]::ToDateTime($Os.LastBootUpTime))
        clock_utc = ConvertTo-UtcText (Get-NodeUtc $Os)
    }
    try {
        $signs.start_record = Get-NodeStartRecord $Scope
        if ($null -eq $signs.start_record) {
            $range = Get-NodeRecordRange $Scope 'SELECT RecordNumber FROM Win32_NTLogEvent WHERE Logfile = ''System'''
            $signs.first_record = $range.first
            $signs.last_record = $range.last
        }
    }
    catch { $signs.error = Get-ErrorText $_ }
    return $signs
}

function Test-NodeRestarted($Scope, $StartRecord) {
    # By the System log, whatever was done to the clock. What cannot be read was no restart.
    if ($null -eq $StartRecord) { return $false }
    $newest = Get-NodeStartRecord $Scope
    return (($null -ne $newest) -and ($newest -gt $StartRecord))
}

# --- our jobs on a node -----------------------------------------------------------------------

function Get-NodeJob($Scope, $Registry, $Os, [string]$Name) {
    # The record that ft/act and its wrapper keep in the registry; $null where there is none.
    $key = $Legacy.JobRoot + '\' + $Name
    $state = Get-NodeText $Registry $key 'State'
    if ($null -eq $state) { return $null }
    if ((Test-SecondWay $Scope) -and (@('waiting', 'running') -contains $state)) {
        throw ('job ' + $Name + ' is noted as ' + $state + '; only WMI tells whether it still is')
    }
    $code = Get-NodeText $Registry $key 'ExitCode'
    if ($null -ne $code) { $code = ConvertTo-Unsigned ([long]$code) }
    $job = @{
        name = $Name; state = $state; exit_code = $code
        operation = Get-NodeText $Registry $key 'Operation'
        update = Get-NodeText $Registry $key 'Update'
        started_utc = Get-NodeText $Registry $key 'Started'
        ended_utc = Get-NodeText $Registry $key 'Ended'
        expires_utc = Get-NodeText $Registry $key 'Expires'
        start_record = $null
    }
    $start = Get-NodeText $Registry $key 'Start'
    if ($start) { $job.start_record = [long]$start }
    # A node that was restarted in the middle of it has no wrapper any more to note its end.
    if (($state -eq 'running') -and (Test-NodeRestarted $Scope $job.start_record)) {
        $hosts = Get-NodeInstances $Scope 'SELECT ProcessId FROM Win32_Process WHERE Name = ''cscript.exe'''
        if ($hosts.Count -eq 0) { $job.state = 'finished' }
    }
    # An expired one has not begun and will not: its wrapper refuses.
    if (($state -eq 'expired') -or (($state -eq 'waiting') -and (Test-Expired $job $Os))) { $job.state = 'expired' }
    return $job
}

function Test-Expired($Job, $Os) {
    # By the node's own clock. Texts of one form, so their order is that of the times.
    return ([string]::CompareOrdinal((ConvertTo-UtcText (Get-NodeUtc $Os)), [string]$Job.expires_utc) -gt 0)
}

# As at the end of common.ps1: the lines of a script are counted from here.
$Legacy.CommonLines = 1 + (Get-CallerLine)
