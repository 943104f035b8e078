# ft_observe: reads the nodes of an FT system through its relay, in one start; changes nothing.
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
#   owner            null or the system's name: also who holds it (see ft_owner)
#   files            list of {path, hash} on the relay itself
#   probe_seconds    how long a node may take to answer on TCP port 135
#   node_seconds     how long the child process of a node may take for all of it
# Result
#   nodes  NODE: {reachable, source, error, system, updates, files, later_updates, fix_level,
#          restart_pending, job, events, errors}; a part that was not read is null, and errors tells
#          why. error, for the whole node: "deadline: ...", "access_denied: ...", "wmi: ...",
#          "node_unreachable: ...".
#   relay  {smb1, ntlm, rpc, clock}: true, false or null (not known, or not asked)
#   owner  {text}, or null where it was not asked; files as observe has them; errors: {part: text}
#   later_updates: [{id}], over the files of the updates that have an uninstaller and are there.
#   system: language is a number, boot_token differs after every start. job: {state: none, waiting,
#          running or finished, name, operation, update, exit_code, started_utc, ended_utc}.
#   events: {entries: [{utc, text}], truncated}, newest first; a text has at most 1000 characters.
#
# Sources
#   documented: Win32_OperatingSystem, Win32_ComputerSystemProduct, Win32_NTLogEvent, CIM_DataFile,
#     StdRegProv; LmCompatibilityLevel, RestrictSendingNTLMTraffic (2 = deny all); the service
#     mrxsmb10 (start type 4 = disabled), which is the SMB 1 client since Windows Vista
#   unverified: UpdateExeVolatile (Flags is not 0 while an update of the update.exe family waits
#     for a restart); Filelist and InstalledDate (month/day/year) below an update's own key, from
#     which later updates of the same files are told; the version of an FT fix's file

$Legacy.Script = 'ft_observe'

# --- one node (in the child) ------------------------------------------------------------------

function Read-NodeSystem($Node, $Data) {
    $os = $Node.os
    $boot = [System.Management.ManagementDateTimeConverter]::ToDateTime($os.LastBootUpTime)
    $uuid = $null
    foreach ($product in (Get-NodeInstances $Node.scope 'SELECT UUID FROM Win32_ComputerSystemProduct')) {
        $uuid = [string]$product.UUID
    }
    $Data['system'] = @{
        computer_name = [string]$os.CSName
        version = [string]$os.Version
        service_pack = [int]$os.ServicePackMajorVersion
        language = [int]$os.OSLanguage
        boot_token = [string]$os.LastBootUpTime
        last_boot = ConvertTo-UtcText $boot
        machine_uuid = $uuid
        clock_utc = ConvertTo-UtcText (Get-NodeUtc $os)
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
    $waits = ($null -ne $renames) -and (@($renames).Length -gt 0)
    if (($null -ne $flags) -and ($flags -ne 0)) { $waits = $true }
    $Data['restart_pending'] = [bool]$waits
}

function Read-NodeJob($Node, $Data) {
    # The job that matters most: one that may still act, else one whose end nobody has taken yet.
    $order = @('running', 'waiting', 'finished')
    $best = @{ state = 'none'; name = $null; operation = $null; update = $null; exit_code = $null; started_utc = $null; ended_utc = $null }
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

function Read-NodeEvents($Node, $Parameters, $Data) {
    # All that is within the time is sorted here; only where there is very much of it, its order
    # in the log (newest first) decides, and truncated says so. Windows 2000 may compare these
    # times as text, without their zones (unverified): so a day more is asked for, and each
    # entry's own time decides.
    $request = $Parameters['events']
    if ($null -eq $request) { return }
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    $styles = [System.Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal'
    $since = [DateTime]::ParseExact([string]$request['since'], 'yyyy-MM-dd''T''HH:mm:ss''Z''', $culture, $styles)
    $bound = $since.AddDays(-1).ToString('yyyyMMddHHmmss', $culture) + '.000000+000'
    $wql = 'SELECT RecordNumber, TimeGenerated, Message, InsertionStrings FROM Win32_NTLogEvent WHERE Logfile = ''System'' AND TimeGenerated >= ''' + $bound + ''''
    $events = Get-NodeInstances $Node.scope $wql
    $sorted = @($events | Sort-Object -Property RecordNumber -Descending)
    $newest = [int]$request['newest']
    $entries = New-Object System.Collections.ArrayList
    $more = $false
    foreach ($entry in $sorted) {
        $time = [System.Management.ManagementDateTimeConverter]::ToDateTime($entry.TimeGenerated)
        if ($time.ToUniversalTime() -lt $since) { continue }
        if ($entries.Count -ge $newest) { $more = $true; break }
        $text = [string]$entry.Message
        if (($text.Length -eq 0) -and ($null -ne $entry.InsertionStrings)) {
            $text = [string]::Join(' ', [string[]]$entry.InsertionStrings)
        }
        if ($text.Length -gt 1000) {
            # Not in the middle of a surrogate pair.
            $end = 1000
            if ([char]::IsHighSurrogate($text[999])) { $end = 999 }
            $text = $text.Substring(0, $end)
        }
        [void]$entries.Add(@{ utc = ConvertTo-UtcText $time; text = $text })
    }
    $cut = $more -or ($events.Count -ge 5000)
    $Data['events'] = @{ entries = $entries; truncated = [bool]$cut }
}

function Read-NodePart([string]$Part, $Node, $Parameters, $Data) {
    try {
        switch ($Part) {
            'system' { $null = Read-NodeSystem $Node $Data }
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
        reachable = $false; source = 'wmi'; error = $null; system = $null; updates = $null
        files = $null; later_updates = $null; fix_level = $null; restart_pending = $null
        job = $null; events = $null; errors = @{}
    }
}

function Invoke-NodeWork($Parameters, $Data) {
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

function Start-NodeReading($Node, $Parameters) {
    $request = @{ child = $true; node = $Node }
    foreach ($name in @('want', 'updates', 'system_files', 'fix_level', 'events')) {
        $request[$name] = $Parameters[$name]
    }
    return Start-NodeChild $request ([int]$Parameters['node_seconds'])
}

function Complete-NodeRecord($Record, $Child) {
    $answer = Get-NodeAnswer $Child
    if ($answer['ok']) {
        foreach ($entry in $answer['data'].GetEnumerator()) { $Record[[string]$entry.Key] = $entry.Value }
    }
    else { $Record.error = [string]$answer['kind'] + ': ' + [string]$answer['message'] }
}

function Read-Nodes($Parameters) {
    $records = @{}
    $children = @{}
    $began = [DateTime]::UtcNow
    $nodes = Get-ListParameter 'nodes'
    $probes = Start-Probes $nodes
    foreach ($node in $nodes) {
        $name = [string]$node['node']
        $records[$name] = New-NodeRecord
        $why = $probes[$name]
        if ($why -isnot [string]) { $why = Complete-Probe $why ([int]$Parameters['probe_seconds']) $began }
        if ($null -eq $why) {
            $records[$name].reachable = $true
            try { $children[$name] = Start-NodeReading $node $Parameters }
            catch { $records[$name].error = 'wmi: no child process: ' + (Get-ErrorText $_) }
        }
        else { $records[$name].error = 'node_unreachable: ' + $why }
    }
    Wait-NodeChildren @($children.Values)
    foreach ($entry in $children.GetEnumerator()) { Complete-NodeRecord $records[$entry.Key] $entry.Value }
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
            if ($null -eq $record.error) { return $true }
            if ($record.error.StartsWith('access_denied:')) { return $true }
            if ($record.error.StartsWith('node_unreachable:')) { $reached = $reached + 1 }
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
        if ($null -ne $system) {
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
