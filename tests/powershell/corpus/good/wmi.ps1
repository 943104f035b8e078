$os = Get-WmiObject -Class Win32_OperatingSystem
$os.psbase.Scope.Options.EnablePrivileges = $true
$com = New-Object -ComObject Schedule.Service
$null = $com.Connect()
