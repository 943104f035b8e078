# restart: restarts the host, once.
#
# Parameters
#   start_record  the number of the System log's newest start record, as observe gave it, or of its
#                 newest record where it had none; a start record with a higher number means that
#                 the host has been restarted since, and the run is refused
#   reason        text for the event log of the host
# Result: {return_value}: 0 where Windows has accepted the restart.
# Errors: refused.
#
# Source: Win32_OperatingSystem.Win32ShutdownTracker (documented): flags 2 = restart, not forced;
#   reason 0x80040001 (2147745793) = planned, maintenance of an application. It does what Reboot
#   does and writes the reason to the event log. Both need the shutdown privilege enabled.

$Legacy.Script = 'restart'

function Invoke-Script($Parameters, $Data) {
    $record = Get-StartRecord
    if (($null -ne $record) -and ($record -gt [long]$Parameters['start_record'])) {
        Stop-Run 'refused' ('the host has been restarted since: its System log has start record ' + $record)
    }
    $system = Get-WmiObject -Class Win32_OperatingSystem
    $system.psbase.Scope.Options.EnablePrivileges = $true
    # By name: PowerShell would have to guess the order of the method's parameters.
    $with = $system.psbase.GetMethodParameters('Win32ShutdownTracker')
    $with.psbase.SetPropertyValue('Timeout', [uint32]0)
    $with.psbase.SetPropertyValue('Comment', [string]$Parameters['reason'])
    $with.psbase.SetPropertyValue('ReasonCode', [uint32]2147745793)
    $with.psbase.SetPropertyValue('Flags', [int]2)
    $answer = $system.psbase.InvokeMethod('Win32ShutdownTracker', $with, $null)
    $Data['return_value'] = [long]$answer.psbase.GetPropertyValue('ReturnValue')
}
