# job: runs a program detached from this session, as a task of the Task Scheduler, at most once.
#
# Parameters
#   op            start, status or delete
#   name          name of the job: letters, digits, dot, hyphen, underscore
#   executable    program, full path                                            (start)
#   arguments     its arguments as one string                                   (start)
#   as_system     true: as SYSTEM; false: as the caller, without network rights (start)
#   guard         list of {path, sha256}, compared right before the start       (start)
#   wait_seconds  how long to wait here for its end, at most 120                (start, status)
#   log           {path, patterns, tail_bytes} or null: what to bring back of the program's log
# Result: {existed, started, state, last_result, last_run, start, log}
#   state 1 disabled, 2 queued, 3 ready, 4 running; last_result is the program's exit code, or
#   0x41303 (267011) has not run yet, 0x41301 (267009) is running. last_run is null where it has
#   never run: before Windows Server 2016 last_result is 1 then, which is an exit code as well.
#   start: {start_record, first_record, last_record, last_boot, clock_utc} of the start of Windows
#   in which the job was told to run, or null; kept in the task's own data (TaskDefinition.Data, which
#   the Task Scheduler ignores: documented). One that never ran and was registered before the last
#   start is registered anew.
#   log: null or {exists, size, utf_16, matches, tail (base64)}; matches are at most 50 lines out of
#   the last 8 MB; utf_16: the file begins with the mark of UTF-16LE, else it is in a code page.
# Errors: hash_mismatch or not_found (a guarded file), refused (deletion of a running job).
#
# Why it cannot start twice: the task has no trigger; it is only created where it does not exist
#   (TASK_CREATE fails otherwise), only run while nothing says that it has ever run, and the
#   scheduler itself ignores a second instance. One that is found and has never run may be about to
#   start, told so by a start whose answer was lost: it gets 20 seconds to begin before it is told
#   again. It is never stopped: no time limit, no hard end. Time is measured by Stopwatch, because
#   the clock may be set meanwhile.
#
# Sources: Task Scheduler 2.0 scripting objects (documented): TASK_CREATE 2,
#   TASK_LOGON_S4U 2, TASK_LOGON_SERVICE_ACCOUNT 5, TASK_RUNLEVEL_HIGHEST 1, TASK_ACTION_EXEC 0,
#   TASK_INSTANCES_IGNORE_NEW 2, task states and SCHED_S_ codes. Seen in public: a last result of 1
#   and a last run before 2000 of tasks that never ran on Windows 7, 2008 R2 and 2012 R2
#   (dahall/TaskScheduler#733); Ready right after Run() (Azure/AgentBaker#8970). Unverified: both on
#   Windows Server 2008; that LastRunTime is set as soon as a task has begun.

$Legacy.Script = 'job'

function Test-Guards {
    foreach ($guard in (Get-ListParameter 'guard')) {
        $path = [string]$guard['path']
        if (-not [System.IO.File]::Exists($path)) { Stop-Run 'not_found' ('file not found: ' + $path) }
        $actual = Get-FileSha256 $path
        if ($actual -ne [string]$guard['sha256']) {
            Stop-Run 'hash_mismatch' ($path + ' has SHA-256 ' + $actual)
        }
    }
}

function Get-JobFolder($Scheduler) {
    try { return $Scheduler.GetFolder('\legacyops') }
    catch { return $Scheduler.GetFolder('\').CreateFolder('legacyops', $null) }
}

function Register-Job($Scheduler, $Parameters, $Start) {
    $definition = $Scheduler.NewTask(0)
    $definition.Data = ConvertTo-StartText $Start
    $settings = $definition.Settings
    $settings.ExecutionTimeLimit = 'PT0S'
    $settings.MultipleInstances = 2
    $settings.AllowHardTerminate = $false
    $settings.AllowDemandStart = $true
    $settings.StartWhenAvailable = $false
    $settings.DisallowStartIfOnBatteries = $false
    $settings.StopIfGoingOnBatteries = $false
    $settings.RunOnlyIfIdle = $false
    $settings.RunOnlyIfNetworkAvailable = $false
    # 7 is the default and means background work with low disk priority.
    $settings.Priority = 5
    $settings.Enabled = $true

    # S-1-5-18 is SYSTEM; its name is localised on some systems, so Windows is asked for it.
    if ($Parameters['as_system']) {
        $sid = New-Object System.Security.Principal.SecurityIdentifier -ArgumentList 'S-1-5-18'
        $account = [string]$sid.Translate([System.Security.Principal.NTAccount]).Value
        $logon = 5
    }
    else {
        $account = [string][System.Security.Principal.WindowsIdentity]::GetCurrent().Name
        $logon = 2
    }
    $definition.Principal.UserId = $account
    $definition.Principal.LogonType = $logon
    $definition.Principal.RunLevel = 1

    $action = $definition.Actions.Create(0)
    $action.Path = [string]$Parameters['executable']
    $action.Arguments = [string]$Parameters['arguments']

    $folder = Get-JobFolder $Scheduler
    $null = $folder.RegisterTaskDefinition([string]$Parameters['name'], $definition, 2, $account, $null, $logon, $null)
}

function Wait-Job($Scheduler, [string]$Name, [int]$Seconds, [bool]$ForBegin) {
    # The job's record as soon as it has ended (or begun, ForBegin), or when the time is over.
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $record = Get-JobRecord (Get-JobTask $Scheduler $Name)
        if (-not $record.exists) { return $record }
        $never = Test-JobNeverRan $record
        $active = ($record.state -eq 2) -or ($record.state -eq 4) -or ($record.last_result -eq 267009)
        if ($ForBegin -and ($active -or (-not $never))) { return $record }
        if ((-not $active) -and (-not $never)) { return $record }
        if ($watch.Elapsed.TotalSeconds -ge $Seconds) { return $record }
        Start-Sleep -Milliseconds 1000
    }
}

function Start-JobOnce($Scheduler, $Parameters, $Data) {
    $name = [string]$Parameters['name']
    $record = Wait-Job $Scheduler $name 20 $true
    if ($record.exists -and (-not (Test-JobNeverRan $record))) { return }
    if ($record.exists -and ($record.state -ne 3)) { return }
    Test-Guards
    $start = Get-StartSigns
    if ($record.exists -and (($null -eq $record.start) -or ($record.start.start_record -ne $start.start_record))) {
        $null = $Scheduler.GetFolder('\legacyops').DeleteTask($name, 0)
        $record.exists = $false
    }
    if (-not $record.exists) { Register-Job $Scheduler $Parameters $start }
    $task = Get-JobTask $Scheduler $name
    $null = $task.Run($null)
    $Data['started'] = $true
}

function Remove-JobTask($Scheduler, $Record, [string]$Name) {
    if (-not $Record.exists) { return }
    if (($Record.state -eq 2) -or ($Record.state -eq 4)) { Stop-Run 'refused' 'the job is running' }
    $null = $Scheduler.GetFolder('\legacyops').DeleteTask($Name, 0)
}

function Invoke-Script($Parameters, $Data) {
    $operation = [string]$Parameters['op']
    $name = [string]$Parameters['name']
    if (-not [regex]::IsMatch($name, '\A[A-Za-z0-9._-]+\z')) { Stop-Run 'refused' ('not a name of a job: ' + $name) }
    $scheduler = Connect-Scheduler
    $record = Get-JobRecord (Get-JobTask $scheduler $name)
    $Data['existed'] = $record.exists
    $Data['started'] = $false
    $seconds = [Math]::Min([int]$Parameters['wait_seconds'], 120)
    switch ($operation) {
        'start' {
            Start-JobOnce $scheduler $Parameters $Data
            $record = Wait-Job $scheduler $name $seconds $false
        }
        'status' { $record = Wait-Job $scheduler $name $seconds $false }
        'delete' { Remove-JobTask $scheduler $record $name }
        default { Stop-Run 'refused' 'op must be start, status or delete' }
    }
    $Data['state'] = $record.state
    $Data['last_result'] = $record.last_result
    $Data['last_run'] = $record.last_run
    $Data['start'] = $record.start
    $Data['log'] = Get-LogRecord $Parameters['log']
}
