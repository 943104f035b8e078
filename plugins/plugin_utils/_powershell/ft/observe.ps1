# ft/observe: reads the nodes of an FT system through its relay, in one start; changes nothing.
#
# Parameters
#   nodes            list of {node (coserver1, coserver2, ftvirtual), address, username, password}
#   want             list of system, updates, files, fix_level, restart_pending, job, events
#   updates          list of {id, keys: {"5.2": KEY, "5.0": KEY}, hotfix_key, uninstaller}: registry
#                    paths below HKEY_LOCAL_MACHINE; a path on the node, which may begin with %windir%
#   system_files     names of files in %windir%\system32 whose version is read
#   fix_level        null, {source: registry, key, value} or {source: file, path}
#   events           null or {since: ISO 8601 UTC, newest}: of the System log
#   preflight        true: also what the relay itself needs
#   owner            null or the system's name: also who holds it (see owner)
#   files            list of {path, hash} on the relay itself
#   probe_seconds    how long a node may take to answer on TCP port 135
#   node_seconds     how long the child process of a node may take for all of it
#   rpc_seconds      the same of the second way
# Result
#   nodes  NODE: {reachable, source, error, wmi_error, by_rpc, system, updates, files,
#          later_updates, fix_level, restart_pending, job, events, errors}; a part that was not read
#          is null, and errors tells why. error, for the whole node: "deadline: ...",
#          "access_denied: ...", "wmi: ...", "node_unreachable: ...".
#          source is wmi, or rpc where all of it was read the second way: then wmi_error is what WMI
#          says. by_rpc: the parts that were read the second way.
#   relay  {smb1, ntlm, rpc, clock}: true, false or null (not known, or not asked)
#   owner  {text}, or null where it was not asked; files as observe has them; errors: {part: text}
#   later_updates: [{id}], over the files of the updates that have an uninstaller and are there.
#   system: language is a number; start_record, first_record and last_record are record numbers of
#          the System log, as observe has them. job: {state: none, waiting, running or finished, name,
#          operation, update, exit_code, started_utc, ended_utc, start_record}; start_record is that
#          of the start in which it was scheduled. restart_pending: an update of the update.exe family
#          waits for a restart. file_renames: how many wait; other programs leave such, too.
#   events: {entries: [{utc, text}], truncated}, newest first; a text has at most 1000 characters.
#
# The second way (see ft/common): where WMI fails, as at the notice's list 3, which says that
# wmiprvse.exe cannot be started, the parts that it did not bring are read once more, by .NET 2.0's
# classes for the event log, the registry and services of another machine, and by files of its
# administrative share. Not where WMI refuses the account: that would be a second bad logon. What it
# cannot tell stays null: start_record, last_boot, machine_uuid and clock_utc of system, and a job that
# is noted as waiting or running. Its registry needs the node's service RemoteRegistry, whose state
# is told where that fails; nothing starts it.
#
# Sources
#   documented: EventLog, ServiceController (Status 1 stopped, 4 running), Win32_OperatingSystem, Win32_ComputerSystemProduct, Win32_NTLogEvent, CIM_DataFile,
#     StdRegProv; LmCompatibilityLevel, RestrictSendingNTLMTraffic (2 = deny all); the service
#     mrxsmb10 (start type 4 = disabled), which is the SMB 1 client since Windows Vista
#   unverified: all of the second way, and that Windows 2000 and 2003 have a service pack's number
#     times 256 in Control\Windows, CSDVersion, and their language in Nls\Language, InstallLanguage;
#     that EventLog finds the texts of a node's events, whose message files it reads through the
#     administrative share (without them a text holds the inserted strings); UpdateExeVolatile (Flags is not 0 while an update of the update.exe family waits
#     for a restart); Filelist and InstalledDate (month/day/year) below an update's own key, from
#     which later updates of the same files are told; the version of an FT fix's file

$Legacy.Script = 'ft/observe'

# --- one node (in the child) ------------------------------------------------------------------

function Read-NodeSystem($Node, $Data) {
    $os = $Node.os
    $uuid = $null
    foreach ($product in (Get-NodeInstances $Node.scope 'SELECT UUID FROM Win32_ComputerSystemProduct')) {
        $uuid = [string]$product.UUID
    }
    $start = Get-NodeStartSigns $Node.scope $os
    if ($null -ne $start.error) { $Data['errors']['start_record'] = $start.error }
    $Data['system'] = @{
        computer_name = [string]$os.CSName
        version = [string]$os.Version
        service_pack = [int]$os.ServicePackMajorVersion
        language = [int]$os.OSLanguage
        start_record = $start.start_record
        first_record = $start.first_record
        last_record = $start.last_record
        last_boot = $start.last_boot
        machine_uuid = $uuid
        clock_utc = $start.clock_utc
    }
}

function Read-RpcSystem($Node, $Data) {
    # Only what the registry tells, and only its numbers.
    $name = Get-NodeText $Node.registry 'SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName' 'ComputerName'
    $pack = Get-NodeRegistryValue $Node.registry 'GetDWORDValue' 'SYSTEM\CurrentControlSet\Control\Windows' 'CSDVersion'
    $language = Get-NodeText $Node.registry 'SYSTEM\CurrentControlSet\Control\Nls\Language' 'InstallLanguage'
    if (($null -eq $name) -or ($null -eq $pack) -or ($null -eq $language)) {
        throw 'the registry lacks its name, service pack or language'
    }
    $Data['system'] = @{
        computer_name = $name
        version = $Node.os.Version
        service_pack = [int][Math]::Floor([double]$pack / 256)
        language = [Convert]::ToInt32($language, 16)
        start_record = $null
        last_boot = $null
        machine_uuid = $null
        clock_utc = $null
    }
}

function Get-UpdateKey($Node, $Update) {
    # The key of this Windows, or $null where the advisory has none for it.
    $version = ([string]$Node.os.Version).Split('.')
    $keys = $Update['keys']
    if ($null -eq $keys) { return $null }
    return $keys[$version[0] + '.' + $version[1]]
}

function Read-NodeUpdates($Node, $Parameters, $Data) {
    $records = @{}
    foreach ($update in (Get-ListParameter 'updates')) {
        $record = @{ updates_key = $null; hotfix_key = $null; uninstaller = $null }
        $key = Get-UpdateKey $Node $update
        if ($null -ne $key) { $record.updates_key = Test-NodeKey $Node.registry ([string]$key) }
        if ($null -ne $update['hotfix_key']) {
            $record.hotfix_key = Test-NodeKey $Node.registry ([string]$update['hotfix_key'])
        }
        if ($null -ne $update['uninstaller']) {
            $path = Expand-NodePath ([string]$update['uninstaller']) $Node.os
            $record.uninstaller = ($null -ne (Get-NodeFile $Node.scope $path))
        }
        $records[[string]$update['id']] = $record
    }
    $Data['updates'] = $records
}

function Get-UpdateFiles($Node, [string]$Key) {
    # Names of the files that an update brought, in small letters; empty where it lists none.
    $files = @{}
    $entries = Get-NodeSubkeys $Node.registry ($Key + '\Filelist')
    if ($null -ne $entries) {
        foreach ($entry in $entries) {
            $name = Get-NodeText $Node.registry ($Key + '\Filelist\' + $entry) 'FileName'
            if ($null -ne $name) { $files[$name.ToLowerInvariant()] = $true }
        }
    }
    return $files
}

function Get-UpdateDate($Node, [string]$Key) {
    # The day of an update's installation, or $null.
    $text = Get-NodeText $Node.registry $Key 'InstalledDate'
    if ($null -eq $text) { return $null }
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    try { return [DateTime]::ParseExact($text.Trim(), 'M/d/yyyy', $culture) }
    catch { return $null }
}

function Add-LaterUpdates($Node, [string]$Key, $Found) {
    # Others beside this update that brought one of its files, unless an earlier day is proven.
    $at = $Key.LastIndexOf('\')
    $parent = $Key.Substring(0, $at)
    $own = $Key.Substring($at + 1)
    $files = Get-UpdateFiles $Node $Key
    if ($files.Count -eq 0) { throw ('the files of ' + $own + ' are not listed') }
    $date = Get-UpdateDate $Node $Key
    foreach ($name in (Get-NodeSubkeys $Node.registry $parent)) {
        if ($name -ne $own) {
            $shared = 0
            foreach ($file in (Get-UpdateFiles $Node ($parent + '\' + $name)).GetEnumerator()) {
                if ($files.ContainsKey($file.Key)) { $shared = $shared + 1 }
            }
            if ($shared -gt 0) {
                $other = Get-UpdateDate $Node ($parent + '\' + $name)
                $earlier = ($null -ne $date) -and ($null -ne $other) -and ($other -lt $date)
                if (-not $earlier) { [void]$Found.Add(@{ id = $name }) }
            }
        }
    }
}

function Read-NodeLater($Node, $Parameters, $Data) {
    $found = New-Object System.Collections.ArrayList
    foreach ($update in (Get-ListParameter 'updates')) {
        $key = Get-UpdateKey $Node $update
        $removable = ($null -ne $key) -and ($null -ne $update['uninstaller'])
        if ($removable -and (Test-NodeKey $Node.registry ([string]$key))) {
            Add-LaterUpdates $Node ([string]$key) $found
        }
    }
    $Data['later_updates'] = $found
}

function Read-NodeFiles($Node, $Parameters, $Data) {
    $versions = @{}
    foreach ($name in (Get-ListParameter 'system_files')) {
        $versions[[string]$name] = $null
        $path = Expand-NodePath ('%windir%\system32\' + $name) $Node.os
        $file = Get-NodeFile $Node.scope $path
        if (($null -ne $file) -and ($null -ne $file.Version)) { $versions[[string]$name] = [string]$file.Version }
    }
    $Data['files'] = $versions
}

function Read-NodeFixLevel($Node, $Parameters, $Data) {
    # "" where the source was read and has nothing.
    $source = $Parameters['fix_level']
    if ($null -eq $source) { return }
    $text = $null
    if ([string]$source['source'] -eq 'registry') {
        $text = Get-NodeText $Node.registry ([string]$source['key']) ([string]$source['value'])
    }
    else {
        $file = Get-NodeFile $Node.scope (Expand-NodePath ([string]$source['path']) $Node.os)
        if ($null -ne $file) { $text = $file.Version }
    }
    $Data['fix_level'] = @{ text = [string]$text }
}

function Read-NodeRestart($Node, $Data) {
    $manager = 'SYSTEM\CurrentControlSet\Control\Session Manager'
    $renames = Get-NodeRegistryValue $Node.registry 'GetMultiStringValue' $manager 'PendingFileRenameOperations'
    $flags = Get-NodeRegistryValue $Node.registry 'GetDWORDValue' 'SOFTWARE\Microsoft\Updates\UpdateExeVolatile' 'Flags'
    # The value holds pairs: from, to.
    $Data['file_renames'] = 0
    if ($null -ne $renames) { $Data['file_renames'] = [int][Math]::Ceiling([double]@($renames).Length / 2) }
    $Data['restart_pending'] = [bool](($null -ne $flags) -and ($flags -ne 0))
}

function Read-NodeJob($Node, $Data) {
    # The job that matters most: one that may still act, else one whose end nobody has taken yet.
    $order = @('running', 'waiting', 'finished')
    $best = @{ state = 'none'; name = $null; operation = $null; update = $null; exit_code = $null; started_utc = $null; ended_utc = $null; start_record = $null }
    $rank = $order.Length
    $names = Get-NodeSubkeys $Node.registry $Legacy.JobRoot
    if ($null -ne $names) {
        foreach ($name in $names) {
            $job = Get-NodeJob $Node.scope $Node.registry $Node.os $name
            if ($null -ne $job) {
                $place = [Array]::IndexOf($order, [string]$job.state)
                if (($place -ge 0) -and ($place -lt $rank)) {
                    $rank = $place
                    $best = $job
                    $best.Remove('expires_utc')
                }
            }
        }
    }
    $Data['job'] = $best
}

function Find-NodeEvents($Scope, [DateTime]$Since) {
    # Windows 2000 may compare these times as text, without their zones (unverified): so a day more
    # is asked for, and each entry's own time decides.
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    $bound = $Since.AddDays(-1).ToString('yyyyMMddHHmmss', $culture) + '.000000+000'
    $wql = 'SELECT RecordNumber, TimeGenerated, Message, InsertionStrings FROM Win32_NTLogEvent WHERE Logfile = ''System'' AND TimeGenerated >= ''' + $bound + ''''
    $events = Get-NodeInstances $Scope $wql
    return ($events | Sort-Object -Property RecordNumber -Descending)
}

function Find-RpcEvents($Scope) {
    # The newest of the log, whose entries are numbered from the oldest on.
    $log = New-Object System.Diagnostics.EventLog -ArgumentList 'System', ([string]$Scope['address'])
    $all = $log.Entries
    $list = New-Object System.Collections.ArrayList
    for ($at = $all.Count - 1; ($at -ge 0) -and ($list.Count -lt 5000); $at--) { [void]$list.Add($all[$at]) }
    return $list
}

function Get-EventTime($Entry) {
    if ($Entry -is [System.Diagnostics.EventLogEntry]) { return $Entry.TimeGenerated.ToUniversalTime() }
    return [System.Management.ManagementDateTimeConverter]::ToDateTime($Entry.TimeGenerated).ToUniversalTime()
}

function Get-EventText($Entry) {
    # Where there is no text: the strings that would be in it.
    $text = [string]$Entry.Message
    if ($Entry -is [System.Diagnostics.EventLogEntry]) { $strings = $Entry.ReplacementStrings }
    else { $strings = $Entry.InsertionStrings }
    if (($text.Length -eq 0) -and ($null -ne $strings)) { $text = [string]::Join(' ', [string[]]$strings) }
    if ($text.Length -le 1000) { return $text }
    # Not in the middle of a surrogate pair.
    $end = 1000
    if ([char]::IsHighSurrogate($text[999])) { $end = 999 }
    return $text.Substring(0, $end)
}

function Read-NodeEvents($Node, $Parameters, $Data) {
    # All that is within the time is sorted here; only where there is very much of it, its order
    # in the log (newest first) decides, and truncated says so.
    $request = $Parameters['events']
    if ($null -eq $request) { return }
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    $styles = [System.Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal'
    $since = [DateTime]::ParseExact([string]$request['since'], 'yyyy-MM-dd''T''HH:mm:ss''Z''', $culture, $styles)
    if (Test-SecondWay $Node.scope) { $sorted = @(Find-RpcEvents $Node.scope) }
    else { $sorted = @(Find-NodeEvents $Node.scope $since) }
    $newest = [int]$request['newest']
    $entries = New-Object System.Collections.ArrayList
    $more = $false
    foreach ($entry in $sorted) {
        $time = Get-EventTime $entry
        if ($time -lt $since) { continue }
        if ($entries.Count -ge $newest) { $more = $true; break }
        [void]$entries.Add(@{ utc = ConvertTo-UtcText $time; text = Get-EventText $entry })
    }
    $cut = $more -or ($sorted.Length -ge 5000)
    $Data['events'] = @{ entries = $entries; truncated = [bool]$cut }
}

function Read-NodePart([string]$Part, $Node, $Parameters, $Data) {
    try {
        switch ($Part) {
            'system' {
                if (Test-SecondWay $Node.scope) { $null = Read-RpcSystem $Node $Data }
                else { $null = Read-NodeSystem $Node $Data }
            }
            'updates' { $null = Read-NodeUpdates $Node $Parameters $Data }
            'later_updates' { $null = Read-NodeLater $Node $Parameters $Data }
            'files' { $null = Read-NodeFiles $Node $Parameters $Data }
            'fix_level' { $null = Read-NodeFixLevel $Node $Parameters $Data }
            'restart_pending' { $null = Read-NodeRestart $Node $Data }
            'job' { $null = Read-NodeJob $Node $Data }
            'events' { $null = Read-NodeEvents $Node $Parameters $Data }
            default { throw ('unknown part: ' + $Part) }
        }
    }
    catch {
        $Data['errors'][$Part] = Get-ErrorText $_
        $Data[$Part] = $null
    }
}

function New-NodeRecord {
    return @{
        reachable = $false; source = 'wmi'; error = $null; wmi_error = $null; by_rpc = @()
        system = $null; updates = $null; files = $null; later_updates = $null; fix_level = $null
        restart_pending = $null; file_renames = $null; job = $null; events = $null; errors = @{}
    }
}

function Open-RemoteRegistry([string]$Address) {
    try { return [Microsoft.Win32.RegistryKey]::OpenRemoteBaseKey([Microsoft.Win32.RegistryHive]::LocalMachine, $Address) }
    catch { $why = Get-ErrorText $_ }
    try {
        Add-Type -AssemblyName System.ServiceProcess
        $service = New-Object System.ServiceProcess.ServiceController -ArgumentList 'RemoteRegistry', $Address
        $state = [string][int]$service.Status
    }
    catch { $state = 'not known, ' + (Get-ErrorText $_) }
    throw ('the registry of the node: ' + $why + '; the state of its service RemoteRegistry is ' + $state + ' (4: it runs; 1: start it there)')
}

function Get-RpcOs($Registry) {
    # What the other parts need of Win32_OperatingSystem.
    $key = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $version = Get-NodeText $Registry $key 'CurrentVersion'
    return @{
        Version = $version + '.' + (Get-NodeText $Registry $key 'CurrentBuildNumber')
        WindowsDirectory = Get-NodeText $Registry $key 'SystemRoot'
    }
}

function Read-ByRpc($Parameters, $Data) {
    # The second way. Without the registry there are the events still.
    $given = $Parameters['node']
    Assert-Address ([string]$given['address'])
    $null = Connect-NodeShare $given 'IPC$' 0
    $Data['errors'] = @{}
    $node = @{ scope = $given; os = $null; registry = $null }
    $why = $null
    try {
        $node.registry = Open-RemoteRegistry ([string]$given['address'])
        $node.os = Get-RpcOs $node.registry
    }
    catch { $why = [string](Get-InnerException $_).Message }
    foreach ($part in (Get-ListParameter 'want')) {
        if (($null -ne $why) -and ($part -ne 'events')) { $Data['errors'][$part] = $why }
        else {
            Read-NodePart $part $node $Parameters $Data
            if ($part -eq 'updates') { Read-NodePart 'later_updates' $node $Parameters $Data }
        }
    }
}

function Invoke-NodeWork($Parameters, $Data) {
    if ([string]$Parameters['way'] -eq 'rpc') {
        try { $null = Read-ByRpc $Parameters $Data }
        finally { Close-NodeShares }
        return
    }
    $scope = Connect-Node $Parameters['node'] 'root\cimv2'
    $node = @{
        scope = $scope
        os = Get-NodeOs $scope
        registry = Get-NodeClass (Connect-Node $Parameters['node'] 'root\default') 'StdRegProv'
    }
    $Data['errors'] = @{}
    foreach ($part in (Get-ListParameter 'want')) {
        Read-NodePart $part $node $Parameters $Data
        if ($part -eq 'updates') { Read-NodePart 'later_updates' $node $Parameters $Data }
    }
}

# --- all nodes (in the parent) ----------------------------------------------------------------

function Start-Probes($Nodes) {
    # NODE -> a probe, or the text of why there is none.
    $probes = @{}
    foreach ($node in $Nodes) {
        try {
            Assert-Address ([string]$node['address'])
            $probes[[string]$node['node']] = Start-Probe ([string]$node['address'])
        }
        catch {
            $probes[[string]$node['node']] = [string](Get-InnerException $_).Message
        }
    }
    return $probes
}

function Start-NodeReading($Node, $Parameters, [string]$Way, $Want) {
    $request = @{ child = $true; node = $Node; way = $Way; want = $Want }
    foreach ($name in @('updates', 'system_files', 'fix_level', 'events')) {
        $request[$name] = $Parameters[$name]
    }
    return Start-NodeChild $request ([int]$Parameters[$Way + '_seconds'])
}

function Complete-NodeRecord($Record, $Child) {
    $answer = Get-NodeAnswer $Child
    if ($answer['ok']) {
        foreach ($entry in $answer['data'].GetEnumerator()) { $Record[[string]$entry.Key] = $entry.Value }
    }
    else { $Record.error = [string]$answer['kind'] + ': ' + [string]$answer['message'] }
}

function Get-OpenParts($Record) {
    # What WMI did not bring of a node that answers, and that did not refuse the account.
    $open = New-Object System.Collections.ArrayList
    $said = [string]$Record.error
    if ((-not $Record.reachable) -or $said.StartsWith('access_denied:')) { return ,$open }
    foreach ($part in (Get-ListParameter 'want')) {
        $failed = ($said.Length -gt 0) -or $Record.errors.ContainsKey([string]$part)
        if (($part -eq 'updates') -and $Record.errors.ContainsKey('later_updates')) { $failed = $true }
        if ($failed) { [void]$open.Add([string]$part) }
    }
    return ,$open
}

function Complete-SecondWay($Record, $Child, $Open) {
    # Each part that it brought takes the place of the one that failed.
    $answer = Get-NodeAnswer $Child
    $whole = ($null -ne $Record.error)
    if (-not $answer['ok']) {
        if ($whole) { $Record.error = [string]$Record.error + '; rpc: ' + [string]$answer['kind'] + ': ' + [string]$answer['message'] }
        return
    }
    $found = $answer['data']
    $brought = New-Object System.Collections.ArrayList
    foreach ($part in @($Open) + @('later_updates')) {
        if ($found['errors'].ContainsKey($part)) {
            if ($whole) { $Record.errors[$part] = $found['errors'][$part] }
        }
        elseif ($found.ContainsKey($part)) {
            $Record[$part] = $found[$part]
            $Record.errors.Remove($part)
            [void]$brought.Add($part)
        }
    }
    if ($found.ContainsKey('file_renames')) { $Record.file_renames = $found['file_renames'] }
    $Record.by_rpc = $brought
    if ($whole) {
        $Record.source = 'rpc'
        $Record.wmi_error = $Record.error
        $Record.error = $null
    }
}

function Read-SecondWay($Nodes, $Records, $Parameters) {
    $children = @{}
    $parts = @{}
    foreach ($node in $Nodes) {
        $name = [string]$node['node']
        $parts[$name] = Get-OpenParts $Records[$name]
        if ($parts[$name].Count -gt 0) {
            try { $children[$name] = Start-NodeReading $node $Parameters 'rpc' $parts[$name] }
            catch { $Records[$name].errors['rpc'] = 'no child process: ' + (Get-ErrorText $_) }
        }
    }
    Wait-NodeChildren @($children.Values)
    foreach ($entry in $children.GetEnumerator()) { Complete-SecondWay $Records[$entry.Key] $entry.Value $parts[$entry.Key] }
}

function Read-Nodes($Parameters) {
    $records = @{}
    $children = @{}
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $nodes = Get-ListParameter 'nodes'
    $probes = Start-Probes $nodes
    foreach ($node in $nodes) {
        $name = [string]$node['node']
        $records[$name] = New-NodeRecord
        $why = $probes[$name]
        if ($why -isnot [string]) { $why = Complete-Probe $why ([int]$Parameters['probe_seconds']) $watch }
        if ($null -eq $why) {
            $records[$name].reachable = $true
            try { $children[$name] = Start-NodeReading $node $Parameters 'node' (Get-ListParameter 'want') }
            catch { $records[$name].error = 'wmi: no child process: ' + (Get-ErrorText $_) }
        }
        else { $records[$name].error = 'node_unreachable: ' + $why }
    }
    Wait-NodeChildren @($children.Values)
    foreach ($entry in $children.GetEnumerator()) { Complete-NodeRecord $records[$entry.Key] $entry.Value }
    $null = Read-SecondWay $nodes $records $Parameters
    return $records
}

# --- the relay itself -------------------------------------------------------------------------

function Test-Smb1 {
    $services = 'SYSTEM\CurrentControlSet\Services\'
    if ([Environment]::OSVersion.Version.Major -lt 6) { return (Test-MachineKey ($services + 'mrxsmb')) }
    $start = Get-MachineValue ($services + 'mrxsmb10') 'Start'
    return (($null -ne $start) -and ([int]$start -ne 4))
}

function Test-Rpc($Records) {
    # True where one node answered over WMI: port 135 and the ports that it hands out are open.
    $reached = 0
    foreach ($entry in $Records.GetEnumerator()) {
        $record = $entry.Value
        if ($record.reachable) {
            $said = [string]$record.error + [string]$record.wmi_error
            if (($said.Length -eq 0) -or $said.StartsWith('access_denied:')) { return $true }
            if ($said.StartsWith('node_unreachable:')) { $reached = $reached + 1 }
        }
    }
    if ($reached -gt 0) { return $false }
    return $null
}

function Test-Clock($Records) {
    # True where no node's clock is more than five minutes away, which authentication allows.
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    $styles = [System.Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal'
    $good = $null
    foreach ($entry in $Records.GetEnumerator()) {
        $system = $entry.Value.system
        if (($null -ne $system) -and ($null -ne $system['clock_utc'])) {
            $time = [DateTime]::ParseExact([string]$system['clock_utc'], 'yyyy-MM-dd''T''HH:mm:ss''Z''', $culture, $styles)
            if ([Math]::Abs(([DateTime]::UtcNow - $time).TotalSeconds) -gt 300) { return $false }
            $good = $true
        }
    }
    return $good
}

function Read-Relay($Records) {
    $ntlm = Get-MachineValue 'SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0' 'RestrictSendingNTLMTraffic'
    return @{
        smb1 = Test-Smb1
        ntlm = (($null -eq $ntlm) -or ([int]$ntlm -ne 2))
        rpc = Test-Rpc $Records
        clock = Test-Clock $Records
    }
}

function Read-RelayFiles {
    $records = @{}
    foreach ($request in (Get-ListParameter 'files')) {
        $path = [string]$request['path']
        $record = @{ exists = $false; size = $null; sha256 = $null; signature = $null; error = $null }
        try {
            $file = New-Object System.IO.FileInfo -ArgumentList $path
            if ($file.Exists) {
                $record.exists = $true
                $record.size = [long]$file.Length
                if ($request['hash']) { $record.sha256 = Get-FileSha256 $path }
            }
        }
        catch { $record.error = Get-ErrorText $_ }
        $records[$path] = $record
    }
    return $records
}

function Invoke-Script($Parameters, $Data) {
    if ($Parameters['child']) {
        Complete-NodeWork $Parameters
        return
    }
    $Data['errors'] = @{}
    $Data['owner'] = $null
    $Data['relay'] = @{ smb1 = $null; ntlm = $null; rpc = $null; clock = $null }
    $Data['nodes'] = Read-Nodes $Parameters
    $Data['files'] = Read-RelayFiles
    try { if ($Parameters['preflight']) { $Data['relay'] = Read-Relay $Data['nodes'] } }
    catch { $Data['errors']['relay'] = Get-ErrorText $_ }
    try {
        if ($null -ne $Parameters['owner']) { $Data['owner'] = @{ text = Get-OwnerText ([string]$Parameters['owner']) } }
    }
    catch { $Data['errors']['owner'] = Get-ErrorText $_ }
}
