# logon_mode: keeps new sessions away or lets them in again; ends sessions that are named.
#
# Parameters
#   op       drain or enable
#   log_off  list of session ids to log off; empty unless a forced logoff was approved
# Result: {before, after, exit_code, logged_off, not_logged_off}
#   before and after: {drain_mode, logons_disabled}; exit_code: of change.exe; logged_off: ids;
#   not_logged_off: [{id, code}] with the Windows error code.
#
# Sources: change logon /drain, /enable and WTSLogoffSession (documented). The text that change.exe
#   prints is localised and not read; the numbers afterwards say what is so.

$Legacy.Script = 'logon_mode'

$LogoffSource = '
using System;
using System.Runtime.InteropServices;

namespace LegacyOps {
    public static class Logoff {
        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool WTSLogoffSession(IntPtr server, int session, bool wait);

        // 0, or the error code of Windows.
        public static int End(int session) {
            if (WTSLogoffSession(IntPtr.Zero, session, false)) { return 0; }
            return Marshal.GetLastWin32Error();
        }
    }
}
'

function Stop-Sessions($Ids, $Data) {
    $done = New-Object System.Collections.ArrayList
    $failed = New-Object System.Collections.ArrayList
    if ($Ids.Count -gt 0) { Add-Type -TypeDefinition $LogoffSource -IgnoreWarnings }
    foreach ($id in $Ids) {
        $code = [LegacyOps.Logoff]::End([int]$id)
        if ($code -eq 0) { [void]$done.Add([int]$id) }
        else { [void]$failed.Add(@{ id = [int]$id; code = $code }) }
    }
    $Data['logged_off'] = $done
    $Data['not_logged_off'] = $failed
}

function Invoke-Script($Parameters, $Data) {
    $program = $env:SystemRoot + '\System32\change.exe'
    $Data['before'] = Get-LogonMode
    switch ([string]$Parameters['op']) {
        'drain' { $run = Invoke-Program $program 'logon /drain' }
        'enable' { $run = Invoke-Program $program 'logon /enable' }
        default { Stop-Run 'refused' 'op must be drain or enable' }
    }
    $Data['exit_code'] = $run.exit_code
    # Where change.exe has refused, nobody is logged off: they would only come back.
    $ids = New-Object System.Collections.ArrayList
    if ($run.exit_code -eq 0) { $ids = Get-ListParameter 'log_off' }
    Stop-Sessions $ids $Data
    $Data['after'] = Get-LogonMode
}
