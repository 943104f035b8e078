# service: reads, starts or stops one Windows service and waits for a state.
#
# Parameters
#   op            status, start or stop
#   name          service name (not the display name)
#   wait_for      state to wait for, as WMI says it ("Running", "Stopped"), or null
#   wait_seconds  how long to wait, at most 50
# Result: {before, after, return_value}: before and after as in observe; return_value is what WMI
#   answered to start or stop (0 accepted, 10 already running, 5 or 6 not running), null for status.
# Errors: not_found.
#
# Source: Win32_Service (documented); State is English on every language version.

$Legacy.Script = 'service'

function Invoke-Script($Parameters, $Data) {
    $operation = [string]$Parameters['op']
    $name = [string]$Parameters['name']
    $service = Get-ServiceObject $name $true
    if ($null -eq $service) { Stop-Run 'not_found' ('there is no service ' + $name) }
    $Data['before'] = Get-ServiceRecord $service
    $Data['return_value'] = $null
    switch ($operation) {
        'status' { }
        'start' { $Data['return_value'] = [int]$service.StartService().ReturnValue }
        'stop' { $Data['return_value'] = [int]$service.StopService().ReturnValue }
        default { Stop-Run 'refused' 'op must be status, start or stop' }
    }
    $seconds = [Math]::Min([int]$Parameters['wait_seconds'], 50)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $service = Get-ServiceObject $name $true
    while (($null -ne $Parameters['wait_for']) -and ($null -ne $service) -and
            ($service.State -ne $Parameters['wait_for']) -and ($watch.Elapsed.TotalSeconds -lt $seconds)) {
        Start-Sleep -Seconds 2
        $service = Get-ServiceObject $name $true
    }
    $Data['after'] = Get-ServiceRecord $service
}
