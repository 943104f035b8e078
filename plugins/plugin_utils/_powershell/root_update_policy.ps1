# root_update_policy: sets or removes the policy value that turns the automatic root update off.
#
# Parameters: value (integer, or null to remove the value; 1 = update off)
# Result: {before, after}: the value, or null where there is none.
#
# Source: DisableRootAutoUpdate, REG_DWORD (documented). Where a group policy sets the value, its
#   next refresh undoes what is done here.

$Legacy.Script = 'root_update_policy'
$PolicyPath = 'SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot'
$PolicyName = 'DisableRootAutoUpdate'

function Set-PolicyValue([int]$Value) {
    $key = [Microsoft.Win32.Registry]::LocalMachine.CreateSubKey($PolicyPath)
    try { $key.SetValue($PolicyName, $Value, [Microsoft.Win32.RegistryValueKind]::DWord) }
    finally { $key.Close() }
}

function Remove-PolicyValue {
    $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($PolicyPath, $true)
    if ($null -eq $key) { return }
    try { $key.DeleteValue($PolicyName, $false) }
    finally { $key.Close() }
}

function Invoke-Script($Parameters, $Data) {
    $Data['before'] = ConvertTo-Unsigned (Get-MachineValue $PolicyPath $PolicyName)
    if ($null -eq $Parameters['value']) { Remove-PolicyValue }
    else { Set-PolicyValue ([int]$Parameters['value']) }
    $Data['after'] = ConvertTo-Unsigned (Get-MachineValue $PolicyPath $PolicyName)
}
