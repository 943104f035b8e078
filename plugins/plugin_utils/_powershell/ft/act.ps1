# ft/act: one act on one node of an FT system, through its relay.
#
# Parameters
#   op               stage, start, status, delete, restart or shutdown
#   node             {node, address, username, password}
#   seconds          how long the child process may take for it
#   probe_seconds    how long the node may take to answer on TCP port 135 (10 where it is missing)
#   stage:    path (on the relay), sha256, name -> {path (on the node), sha256, existed}
#   start:    job (name), operation (install, uninstall), update, executable (on the node; may begin
#             with %windir%), arguments (list of words; %windir% in them is replaced), guard (null or
#             {path, sha256}), log (not used here), expires_minutes
#             -> {existed, started, state, exit_code, start_utc}
#   status:   job, wait_seconds (at most 120), log (null or {path, patterns, tail_bytes})
#             -> {existed, state, exit_code, started_utc, ended_utc, start_record, log, log_error}
#   delete:   job -> {deleted}
#   restart:  start_record -> {return_value}
#   shutdown: start_record, power_off -> {return_value}
#             start_record: of the System log, as ft/observe gave it (or its newest record, where it
#             had no start record); a newer start record means that the node was restarted since
#   state is none, waiting, running or finished; exit_code is null where the node was restarted in
#   the middle of it. A log is as job gives it.
# Result: as said with each op.
# Errors: node_unreachable, access_denied, refused, hash_mismatch, not_found, deadline.
#
# How a job runs, detached and as SYSTEM, on a Windows without tools: Win32_ScheduledJob starts
# cscript.exe with the wrapper below, a file of constant text. Its data is in the registry, below
# HKLM\SOFTWARE\legacyops\Jobs\NAME. What could go wrong, and why it does not:
#   - The scheduler takes the node's own clock and whole minutes, and runs the job a day later where
#     it missed the minute: so it starts two to three minutes ahead of that clock, the wrapper
#     refuses once the record has expired, and a job that has not begun by then is taken out of the
#     scheduler, which is looked at again, before its record goes.
#   - It must not start twice: a record is made once, and the wrapper creates a file that must not
#     be there yet before it does anything.
#   - A network logon has neither profile nor network: SYSTEM, and a copy on the node's own disk.
#   - It is never ended here. A node may be restarted or shut down only while no job of ours is
#     waiting or running on it.
#   - Windows 2000 takes 2047 characters of command line: more is refused.
# Files travel through the administrative share of a drive (see ft/common).
#
# Sources
#   documented: Win32_ScheduledJob (Create, Delete), Win32_OperatingSystem.Win32Shutdown (1 shut
#     down, 2 restart, 8 power off; none is forced), WScript.Shell (Run, RegRead, RegWrite), Scripting.FileSystemObject (CreateTextFile without overwriting)
#   unverified: ActiveTimeBias as the minutes from local time to UTC; that spuninst.exe and the
#     package itself end only after the update.exe that they start; that the account of the AT
#     service is SYSTEM, as it is unless somebody has changed it

$Legacy.Script = 'ft/act'

# VBScript: every supported Windows has it. Quits with 9x where it does nothing.
$WrapperSource = '
Option Explicit
Const Root = "HKLM\SOFTWARE\legacyops\Jobs\"
Dim shell, files, key, claim, code

Function Two(number)
    Two = Right("0" & number, 2)
End Function

Function UtcNow()
    Dim bias, time
    bias = shell.RegRead("HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation\ActiveTimeBias")
    time = DateAdd("n", bias, Now)
    UtcNow = Year(time) & "-" & Two(Month(time)) & "-" & Two(Day(time)) & "T" & Two(Hour(time)) & ":" & Two(Minute(time)) & ":" & Two(Second(time)) & "Z"
End Function

If WScript.Arguments.Count <> 1 Then WScript.Quit 90
Set shell = CreateObject("WScript.Shell")
Set files = CreateObject("Scripting.FileSystemObject")
key = Root & WScript.Arguments(0) & "\"
If shell.RegRead(key & "State") <> "waiting" Then WScript.Quit 91
If UtcNow() > shell.RegRead(key & "Expires") Then
    shell.RegWrite key & "State", "expired", "REG_SZ"
    WScript.Quit 92
End If
On Error Resume Next
Set claim = files.CreateTextFile(files.BuildPath(files.GetParentFolderName(WScript.ScriptFullName), WScript.Arguments(0) & ".claim"), False)
If Err.Number <> 0 Then WScript.Quit 93
claim.Close
On Error Goto 0
shell.RegWrite key & "Started", UtcNow(), "REG_SZ"
shell.RegWrite key & "State", "running", "REG_SZ"
On Error Resume Next
code = shell.Run(shell.RegRead(key & "Command"), 0, True)
If Err.Number <> 0 Then code = Err.Number
On Error Goto 0
shell.RegWrite key & "ExitCode", CStr(code), "REG_SZ"
shell.RegWrite key & "Ended", UtcNow(), "REG_SZ"
shell.RegWrite key & "State", "finished", "REG_SZ"
'

# --- files on the node ------------------------------------------------------------------------

function Assert-FileName([string]$Name) {
    if (-not [regex]::IsMatch($Name, '\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z')) {
        Stop-Run 'refused' ('not a name of a file or job: ' + $Name)
    }
}

function Invoke-Stage($Context, $Parameters, $Data) {
    $source = [string]$Parameters['path']
    $wanted = [string]$Parameters['sha256']
    Assert-FileName ([string]$Parameters['name'])
    if (-not [System.IO.File]::Exists($source)) { Stop-Run 'not_found' ('file not found on the relay: ' + $source) }
    $actual = Get-FileSha256 $source
    if ($actual -ne $wanted) { Stop-Run 'hash_mismatch' ($source + ' on the relay has SHA-256 ' + $actual) }
    $Data['path'] = Expand-NodePath ('%windir%\legacyops\' + [string]$Parameters['name']) $Context.os
    $Data['sha256'] = $wanted
    $target = Open-NodeShare $Parameters['node'] $Data['path']
    $Data['existed'] = ([System.IO.File]::Exists($target) -and ((Get-FileSha256 $target) -eq $wanted))
    if ($Data['existed']) { return }
    $part = $target + '.part'
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($target))
    [System.IO.File]::Copy($source, $part, $true)
    $actual = Get-FileSha256 $part
    if ($actual -ne $wanted) {
        [System.IO.File]::Delete($part)
        Stop-Run 'hash_mismatch' ('the copy on the node has SHA-256 ' + $actual)
    }
    [System.IO.File]::Delete($target)
    [System.IO.File]::Move($part, $target)
}

# --- jobs -------------------------------------------------------------------------------------

function Save-Wrapper($Context, $Parameters) {
    # The wrapper's file on the node, written where it is not there or differs.
    $path = Expand-NodePath '%windir%\legacyops\job.vbs' $Context.os
    $target = Open-NodeShare $Parameters['node'] $path
    $bytes = [System.Text.Encoding]::ASCII.GetBytes($WrapperSource.Replace("`r", '').Replace("`n", "`r`n"))
    if ([System.IO.File]::Exists($target) -and ((Get-FileSha256 $target) -eq (Get-BytesSha256 $bytes))) { return $path }
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($target))
    [System.IO.File]::WriteAllBytes($target, $bytes)
    return $path
}

function Test-Guard($Context, $Parameters) {
    $guard = $Parameters['guard']
    if ($null -eq $guard) { return }
    $path = Expand-NodePath ([string]$guard['path']) $Context.os
    $file = Open-NodeShare $Parameters['node'] $path
    if (-not [System.IO.File]::Exists($file)) { Stop-Run 'not_found' ('file not found on the node: ' + $path) }
    $actual = Get-FileSha256 $file
    if ($actual -ne [string]$guard['sha256']) { Stop-Run 'hash_mismatch' ($path + ' on the node has SHA-256 ' + $actual) }
}

function Get-CommandLine($Context, $Parameters) {
    # Quoted as the C runtime reads it. WScript.Shell replaces %NAME%, so no % may be left.
    $windir = ([string]$Context.os.WindowsDirectory).TrimEnd('\')
    $line = '"' + (Expand-NodePath ([string]$Parameters['executable']) $Context.os) + '"'
    foreach ($word in (Get-ListParameter 'arguments')) {
        $text = [string]$word
        $at = $text.IndexOf('%windir%\', [System.StringComparison]::OrdinalIgnoreCase)
        if ($at -ge 0) { $text = $text.Substring(0, $at) + $windir + $text.Substring($at + 8) }
        if (-not [regex]::IsMatch($text, '\A[^"%\x00-\x1f]+\z')) { Stop-Run 'refused' ('not an argument: ' + $text) }
        if ($text.Contains(' ')) {
            if ($text.EndsWith('\')) { $text = $text + '\' }
            $text = '"' + $text + '"'
        }
        $line = $line + ' ' + $text
    }
    $limit = 8191
    if (([string]$Context.os.Version).StartsWith('5.0.')) { $limit = 2047 }
    if ($line.Length -gt $limit) { Stop-Run 'refused' ('the command line has ' + $line.Length + ' characters, and this Windows takes ' + $limit) }
    return $line
}

function Get-ScheduledJobs($Context, [string]$Name) {
    $list = New-Object System.Collections.ArrayList
    foreach ($entry in (Get-NodeInstances $Context.scope 'SELECT * FROM Win32_ScheduledJob')) {
        $ours = ([string]$entry.Command).EndsWith('\legacyops\job.vbs ' + $Name, [System.StringComparison]::OrdinalIgnoreCase)
        if ($ours) { [void]$list.Add($entry) }
    }
    return ,$list
}

function Remove-ScheduledJobs($Context, [string]$Name) {
    foreach ($entry in (Get-ScheduledJobs $Context $Name)) { $null = Invoke-NodeMethod $entry 'Delete' @{} }
    if ((Get-ScheduledJobs $Context $Name).Count -gt 0) {
        Stop-Run 'refused' ('job ' + $Name + ' could not be taken out of the scheduler of the node; remove it there (at), or it runs tomorrow')
    }
}

function Set-JobValue($Context, [string]$Name, [string]$Value, [string]$Text) {
    $with = @{ sSubKeyName = $Legacy.JobRoot + '\' + $Name; sValueName = $Value; sValue = $Text }
    Assert-RegistryCode (Invoke-NodeRegistry $Context.registry 'SetStringValue' $with) ('SetStringValue ' + $Value)
}

function New-JobRecord($Context, $Parameters, [string]$Line) {
    # State comes last: without it there is no job.
    $name = [string]$Parameters['job']
    $made = Invoke-NodeRegistry $Context.registry 'CreateKey' @{ sSubKeyName = $Legacy.JobRoot + '\' + $name }
    Assert-RegistryCode $made 'CreateKey'
    $expires = (Get-NodeUtc $Context.os).AddMinutes([int]$Parameters['expires_minutes'])
    Set-JobValue $Context $name 'Command' $Line
    Set-JobValue $Context $name 'Operation' ([string]$Parameters['operation'])
    Set-JobValue $Context $name 'Update' ([string]$Parameters['update'])
    Set-JobValue $Context $name 'Start' ([string]$Context.start_record)
    Set-JobValue $Context $name 'Expires' (ConvertTo-UtcText $expires)
    Set-JobValue $Context $name 'State' 'waiting'
}

function Register-ScheduledJob($Context, $Parameters, [string]$Wrapper, $Data) {
    # Two to three minutes ahead of the node's clock, at the beginning of a minute.
    $now = [string]$Context.os.LocalDateTime
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    $local = [DateTime]::ParseExact($now.Substring(0, 14), 'yyyyMMddHHmmss', $culture)
    $begin = $local.AddSeconds(-$local.Second).AddMinutes(3)
    $program = Expand-NodePath '%windir%\system32\cscript.exe' $Context.os
    $with = @{
        Command = $program + ' //B //NoLogo ' + $Wrapper + ' ' + [string]$Parameters['job']
        InteractWithDesktop = $false
        RunRepeatedly = $false
        StartTime = '********' + $begin.ToString('HHmm', $culture) + '00.000000' + $now.Substring(21)
    }
    $answer = Invoke-NodeMethod (Get-NodeClass $Context.scope 'Win32_ScheduledJob') 'Create' $with
    $code = $answer.psbase.GetPropertyValue('ReturnValue')
    if ($code -ne 0) {
        Clear-JobRecord $Context ([string]$Parameters['job'])
        Stop-Run 'refused' ('the scheduler of the node refuses with code ' + $code + ' (2 access denied, 9 path, 21 parameter, 22 its service is not started)')
    }
    $Data['start_utc'] = ConvertTo-UtcText ((Get-NodeUtc $Context.os) + ($begin - $local))
}

function Clear-JobRecord($Context, [string]$Name) {
    # First out of the scheduler, then its claim, its record last.
    Remove-ScheduledJobs $Context $Name
    $claim = Get-NodeFile $Context.scope (Expand-NodePath ('%windir%\legacyops\' + $Name + '.claim') $Context.os)
    if ($null -ne $claim) {
        $code = (Invoke-NodeMethod $claim 'Delete' @{}).psbase.GetPropertyValue('ReturnValue')
        if ($code -ne 0) { throw ('the claim of job ' + $Name + ' cannot be deleted: code ' + $code) }
    }
    $with = @{ sSubKeyName = $Legacy.JobRoot + '\' + $Name }
    $answer = Invoke-NodeRegistry $Context.registry 'DeleteKey' $with
    if ($answer.psbase.GetPropertyValue('ReturnValue') -ne 2) { Assert-RegistryCode $answer 'DeleteKey' }
}

function Get-LiveJob($Context, [string]$Name) {
    # The job as it is now; one that has expired without a beginning is cleared away: $null.
    $Context.os = Get-NodeOs $Context.scope
    $job = Get-NodeJob $Context.scope $Context.registry $Context.os $Name
    if (($null -ne $job) -and ($job.state -eq 'expired')) {
        Remove-ScheduledJobs $Context $Name
        # It may have begun in its last second: then the wrapper has noted it by now.
        Start-Sleep -Milliseconds 2000
        $job = Get-NodeJob $Context.scope $Context.registry $Context.os $Name
        if (($null -ne $job) -and ($job.state -eq 'expired')) {
            Clear-JobRecord $Context $Name
            return $null
        }
    }
    return $job
}

function Invoke-Start($Context, $Parameters, $Data) {
    $name = [string]$Parameters['job']
    $job = Get-LiveJob $Context $name
    $Data['existed'] = ($null -ne $job)
    $Data['started'] = $false
    $Data['state'] = 'waiting'
    $Data['exit_code'] = $null
    $Data['start_utc'] = $null
    if ($Data['existed']) {
        $Data['state'] = $job.state
        $Data['exit_code'] = $job.exit_code
        $Data['start_utc'] = $job.started_utc
        return
    }
    Test-Guard $Context $Parameters
    $line = Get-CommandLine $Context $Parameters
    $wrapper = Save-Wrapper $Context $Parameters
    # What an earlier run may have left half-way.
    Clear-JobRecord $Context $name
    $Context.os = Get-NodeOs $Context.scope
    $Context.start_record = Get-NodeStartRecord $Context.scope
    New-JobRecord $Context $Parameters $line
    Register-ScheduledJob $Context $Parameters $wrapper $Data
    $Data['started'] = $true
}

function Invoke-Status($Context, $Parameters, $Data) {
    $name = [string]$Parameters['job']
    $seconds = [Math]::Min([int]$Parameters['wait_seconds'], 120)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $job = Get-LiveJob $Context $name
        $active = ($null -ne $job) -and (@('waiting', 'running') -contains $job.state)
        if ((-not $active) -or ($watch.Elapsed.TotalSeconds -ge $seconds)) { break }
        Start-Sleep -Milliseconds 2000
    }
    if ($null -eq $job) { $job = @{ state = 'none'; exit_code = $null; started_utc = $null; ended_utc = $null; start_record = $null } }
    $Data['existed'] = ($job.state -ne 'none')
    foreach ($part in @('state', 'exit_code', 'started_utc', 'ended_utc', 'start_record')) { $Data[$part] = $job[$part] }
    $Data['log'] = $null
    $Data['log_error'] = $null
    try { $Data['log'] = Get-NodeLog $Context $Parameters }
    catch { $Data['log_error'] = Get-ErrorText $_ }
}

function Get-NodeLog($Context, $Parameters) {
    $log = $Parameters['log']
    if ($null -eq $log) { return $null }
    $path = Expand-NodePath ([string]$log['path']) $Context.os
    $log['path'] = Open-NodeShare $Parameters['node'] $path
    return Get-LogRecord $log
}

function Invoke-Delete($Context, $Parameters, $Data) {
    $name = [string]$Parameters['job']
    $job = Get-LiveJob $Context $name
    $Data['deleted'] = ($null -ne $job)
    if ($null -eq $job) { return }
    if ($job.state -eq 'waiting') {
        Remove-ScheduledJobs $Context $name
        $job = Get-LiveJob $Context $name
        # It began in that moment: its end is to be waited for.
        if (($null -ne $job) -and ($job.state -ne 'waiting')) { Stop-Run 'refused' ('the job is ' + $job.state) }
    }
    elseif ($job.state -eq 'running') { Stop-Run 'refused' 'the job is running' }
    Clear-JobRecord $Context $name
}

# --- restart and shutdown ---------------------------------------------------------------------

function Assert-NoJob($Context) {
    $names = Get-NodeSubkeys $Context.registry $Legacy.JobRoot
    if ($null -eq $names) { return }
    foreach ($name in $names) {
        $job = Get-NodeJob $Context.scope $Context.registry $Context.os $name
        if (($null -ne $job) -and (@('waiting', 'running') -contains $job.state)) {
            Stop-Run 'refused' ('job ' + $name + ' is ' + $job.state + ' on the node')
        }
    }
}

function Invoke-Win32Shutdown($Context, $Parameters, [int]$Flags, $Data) {
    if (Test-NodeRestarted $Context.scope $Parameters['start_record']) {
        Stop-Run 'refused' 'the node has been restarted since: its System log has a newer start record'
    }
    Assert-NoJob $Context
    $answer = Invoke-NodeMethod $Context.os 'Win32Shutdown' @{ Flags = $Flags; Reserved = [int]0 }
    $Data['return_value'] = [long]$answer.psbase.GetPropertyValue('ReturnValue')
}

# --- the op -----------------------------------------------------------------------------------

function Invoke-Op($Context, $Parameters, $Data) {
    switch ([string]$Parameters['op']) {
        'stage' { Invoke-Stage $Context $Parameters $Data }
        'start' { Invoke-Start $Context $Parameters $Data }
        'status' { Invoke-Status $Context $Parameters $Data }
        'delete' { Invoke-Delete $Context $Parameters $Data }
        'restart' { Invoke-Win32Shutdown $Context $Parameters 2 $Data }
        'shutdown' {
            $flags = 1
            if ($Parameters['power_off']) { $flags = 8 }
            Invoke-Win32Shutdown $Context $Parameters $flags $Data
        }
        default { Stop-Run 'refused' 'op must be stage, start, status, delete, restart or shutdown' }
    }
}

function Invoke-NodeWork($Parameters, $Data) {
    # In the child.
    if ($null -ne $Parameters['job']) { Assert-FileName ([string]$Parameters['job']) }
    $scope = Connect-Node $Parameters['node'] 'root\cimv2'
    $context = @{
        scope = $scope
        os = Get-NodeOs $scope
        registry = Get-NodeClass (Connect-Node $Parameters['node'] 'root\default') 'StdRegProv'
    }
    try { Invoke-Op $context $Parameters $Data }
    finally { Close-NodeShares }
}

function Invoke-Script($Parameters, $Data) {
    if ($Parameters['child']) {
        Complete-NodeWork $Parameters
        return
    }
    $address = [string]$Parameters['node']['address']
    Assert-Address $address
    $seconds = 10
    if ($null -ne $Parameters['probe_seconds']) { $seconds = [int]$Parameters['probe_seconds'] }
    $why = Complete-Probe (Start-Probe $address) $seconds ([System.Diagnostics.Stopwatch]::StartNew())
    if ($null -ne $why) { Stop-Run 'node_unreachable' $why }
    $Parameters['child'] = $true
    $child = Start-NodeChild $Parameters ([int]$Parameters['seconds'])
    Wait-NodeChildren @($child)
    $answer = Get-NodeAnswer $child
    if (-not $answer['ok']) {
        $kind = [string]$answer['kind']
        if ($kind -eq 'wmi') { $kind = 'script_error' }
        Stop-Run $kind ([string]$answer['message'])
    }
    foreach ($entry in $answer['data'].GetEnumerator()) { $Data[[string]$entry.Key] = $entry.Value }
}
