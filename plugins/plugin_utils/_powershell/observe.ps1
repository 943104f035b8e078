# observe: reads everything that is asked for in one start and changes nothing.
#
# Parameters
#   want             list of system, clock, stores, root_update, root_update_events, products,
#                    patches, sessions, pending_restart, installer, ima, disk, owner, servicing_stack
#   services         list of service names
#   files            list of {path, hash, signature, version}; * and ? are allowed in every part of a
#                    path; version: that of the file's version resource, four numbers
#   windows_updates  list of names of updates, as KB4474419
#   registry         list of {key, name}: values below HKEY_LOCAL_MACHINE
#   service_modules  list of service names whose executable is read like a file with signature
#   chains           list of paths (as in files) whose chain is built here, for code signing
#                    (may trigger the root update)
#   service_chains   list of service names whose executable's chain is built as well
#   jobs             list of job names
# Result: one entry for each part; a part that failed is null and its reason is in errors[part];
#   a single file or chain that failed has its reason in its own "error". A store's entry without a
#   readable certificate has only its thumbprint; one with a certificate has its properties, which
#   the store gives it and the certificate does not have: enhkey_usage (purposes that it is limited
#   to, none at all where the list is empty), disallowed_filetime, disallowed_enhkey_usage,
#   not_before_filetime, not_before_enhkey_usage; one that is not set is not there. signature_status, beside hash_status: whether the
#   signature fits the (counter)signer's key, which the hash alone does not tell; 0 = it does.
#   windows_updates: {NAME: {listed, packages}}: whether Win32_QuickFixEngineering lists it, and the
#   CurrentState of each package of component based servicing that is for it.
#   registry: {KEY\NAME: {exists, value, error}}; a number is its decimal digits, bytes hexadecimal.
#   servicing_stack: {versions}: the folders in %windir%\servicing\Version.
#   system: start_record, first_record and last_record are record numbers of the System log (see
#   common), last_boot and clock_utc one reading of the host's clock.
#
# Sources
#   documented: WinVerifyTrust, WINTRUST_DATA, CryptQueryObject, CryptMsgGetParam, WTS API,
#     X509Chain, SignedCms and SignerInfo.CheckSignature($true), WMI classes, Windows Installer
#     automation (ProductsEx, PatchesEx), the registry places of the certificate stores, wevtutil;
#     the form of a store's Blob ([MS-GPEF] 2.2.1.1.1.1) and the numbers of its properties
#     (wincrypt.h); CERT_ENHKEY_USAGE_PROP_ID is an ASN.1 CTL_USAGE; Win32_QuickFixEngineering lists
#     updates of component based servicing only (from Windows Vista on)
#   secondary: packages of an update are named ..._for_KBnnnnnnn~...; the folders of the servicing stack
#   unverified: that WTD_HASH_ONLY_FLAG never starts a chain build on Server 2008;
#     RebootPending and RebootRequired keys; the mutex _MSIExecute; that the properties 122, 126
#     and 127 have the forms of 9 and 104 (two FILETIMEs, three usages), and whether Server 2008
#     minds any of them but 9
#   A countersignature of the Authenticode form is read; an RFC 3161 token is not, because these
#   systems do not know it.

$Legacy.Script = 'observe'

# --- system -----------------------------------------------------------------------------------

function Read-System($Data) {
    $os = Get-WmiObject -Class Win32_OperatingSystem
    $computer = Get-WmiObject -Class Win32_ComputerSystem
    # OSArchitecture is localised text; the environment is not. ARCHITEW6432: 32 bit on 64.
    $architecture = [Environment]::GetEnvironmentVariable('PROCESSOR_ARCHITEW6432')
    if (-not $architecture) { $architecture = [Environment]::GetEnvironmentVariable('PROCESSOR_ARCHITECTURE') }
    if ($architecture -eq 'AMD64') { $architecture = 'x64' }
    $start = Get-StartSigns
    if ($null -ne $start.error) {
        if (-not $Data.ContainsKey('errors')) { $Data['errors'] = @{} }
        $Data['errors']['start_record'] = $start.error
    }
    $Data['system'] = @{
        computer_name = [Environment]::MachineName
        domain = $computer.Domain
        caption = ([string]$os.Caption).Trim()
        version = $os.Version
        build = [int]$os.BuildNumber
        product_type = [int]$os.ProductType
        service_pack = [int]$os.ServicePackMajorVersion
        architecture = $architecture
        language = [int]$os.OSLanguage
        oem_code_page = [int](Get-MachineValue 'SYSTEM\CurrentControlSet\Control\Nls\CodePage' 'OEMCP')
        powershell = $PSVersionTable.PSVersion.ToString()
        clr = $PSVersionTable.CLRVersion.ToString()
        start_record = $start.start_record
        first_record = $start.first_record
        last_record = $start.last_record
        last_boot = $start.last_boot
        clock_utc = $start.clock_utc
    }
}

function Read-Clock($Data) {
    $now = [DateTime]::Now
    $Data['clock'] = @{
        utc = ConvertTo-UtcText $now
        offset_minutes = [int][TimeZone]::CurrentTimeZone.GetUtcOffset($now).TotalMinutes
    }
}

function Read-Disk($Data) {
    $drive = New-Object System.IO.DriveInfo -ArgumentList $env:SystemDrive
    $Data['disk'] = @{
        system_drive = [string]$env:SystemDrive
        free_bytes = [long]$drive.AvailableFreeSpace
    }
}

# --- certificates -----------------------------------------------------------------------------

function Get-NameHash($Name) {
    # SHA-1 of the DER form of a distinguished name.
    $sha1 = New-Object System.Security.Cryptography.SHA1CryptoServiceProvider
    $hash = $sha1.ComputeHash([byte[]]$Name.RawData)
    return ConvertTo-Hex $hash
}

function Get-KeyId($Certificate) {
    # Extension 2.5.29.14 is an OCTET STRING: tag 4, length, bytes.
    foreach ($extension in $Certificate.Extensions) {
        if ($extension.Oid.Value -eq '2.5.29.14') {
            $hex = ConvertTo-Hex $extension.RawData
            if ($hex.StartsWith('04') -and ($hex.Length -gt 4)) { return $hex.Substring(4) }
        }
    }
    return $null
}

function Get-CertificateRecord($Certificate) {
    return @{
        thumbprint = $Certificate.Thumbprint
        sha256 = Get-BytesSha256 $Certificate.RawData
        subject = $Certificate.Subject
        issuer = $Certificate.Issuer
        subject_hash = Get-NameHash $Certificate.SubjectName
        issuer_hash = Get-NameHash $Certificate.IssuerName
        serial = $Certificate.SerialNumber
        not_before = ConvertTo-UtcText $Certificate.NotBefore
        not_after = ConvertTo-UtcText $Certificate.NotAfter
        key_id = Get-KeyId $Certificate
    }
}

function Get-ThumbprintRecord([string]$Thumbprint) {
    # An entry of a store without a readable certificate: Disallowed may hold only a hash.
    return @{
        thumbprint = $Thumbprint.ToUpperInvariant(); sha256 = $null
        subject = $null; issuer = $null; subject_hash = $null; issuer_hash = $null
        serial = $null; not_before = $null; not_after = $null; key_id = $null
    }
}

function Get-UsageOids([byte[]]$Der) {
    $encoded = New-Object System.Security.Cryptography.AsnEncodedData -ArgumentList (,[byte[]]$Der)
    $usage = New-Object System.Security.Cryptography.X509Certificates.X509EnhancedKeyUsageExtension -ArgumentList $encoded, $false
    $list = New-Object System.Collections.ArrayList
    foreach ($oid in $usage.EnhancedKeyUsages) { [void]$list.Add([string]$oid.Value) }
    return ,$list
}

function Get-FileTimeText([byte[]]$Bytes) {
    return ConvertTo-UtcText ([DateTime]::FromFileTimeUtc([BitConverter]::ToInt64($Bytes, 0)))
}

function Get-BlobProperties([byte[]]$Blob) {
    # Each property is its number, a reserved number, a length, and so many bytes.
    $properties = @{}
    $at = 0
    while (($at + 12) -le $Blob.Length) {
        $id = [long][BitConverter]::ToUInt32($Blob, $at)
        $length = [int][BitConverter]::ToUInt32($Blob, $at + 8)
        if (($at + 12 + $length) -gt $Blob.Length) { throw 'a property is longer than its entry' }
        if (($id -eq 9) -or (($id -ge 104) -and ($id -le 127))) {
            $value = New-Object byte[] $length
            [Array]::Copy($Blob, $at + 12, $value, 0, $length)
            switch ($id) {
                9 { $properties['enhkey_usage'] = Get-UsageOids $value }
                104 { $properties['disallowed_filetime'] = Get-FileTimeText $value }
                122 { $properties['disallowed_enhkey_usage'] = Get-UsageOids $value }
                126 { $properties['not_before_filetime'] = Get-FileTimeText $value }
                127 { $properties['not_before_enhkey_usage'] = Get-UsageOids $value }
            }
        }
        $at = $at + 12 + $length
    }
    return $properties
}

function Add-StoreCertificates($List, [string]$Path) {
    # One physical store. The value Blob is a serialised certificate with its properties.
    $store = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Path)
    if ($null -eq $store) { return }
    foreach ($name in $store.GetSubKeyNames()) {
        $record = Get-ThumbprintRecord $name
        $blob = Get-MachineValue ($Path + '\' + $name) 'Blob'
        if ($null -ne $blob) {
            try {
                $certificate = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList (,[byte[]]$blob)
                $properties = Get-BlobProperties $blob
                $record = Get-CertificateRecord $certificate
                $record['properties'] = $properties
            }
            catch { $record = Get-ThumbprintRecord $name }
        }
        [void]$List.Add($record)
    }
    $store.Close()
}

function Get-StoreRecords([string[]]$Paths) {
    $list = New-Object System.Collections.ArrayList
    foreach ($path in $Paths) { Add-StoreCertificates $list $path }
    return ,$list
}

function Read-Stores($Data) {
    # Windows judges by the union of the physical stores, so disallowed and intermediate hold all;
    # the roots are kept apart, because it matters which one an automatic update or a policy fills.
    $machine = 'SOFTWARE\Microsoft\SystemCertificates\'
    $enterprise = 'SOFTWARE\Microsoft\EnterpriseCertificates\'
    $policy = 'SOFTWARE\Policies\Microsoft\SystemCertificates\'
    $Data['stores'] = @{
        root = Get-StoreRecords ($machine + 'ROOT\Certificates')
        auth_root = Get-StoreRecords ($machine + 'AuthRoot\Certificates')
        enterprise_root = Get-StoreRecords ($enterprise + 'Root\Certificates')
        policy_root = Get-StoreRecords ($policy + 'Root\Certificates')
        intermediate = Get-StoreRecords @(
            ($machine + 'CA\Certificates'),
            ($enterprise + 'CA\Certificates'),
            ($policy + 'CA\Certificates'))
        disallowed = Get-StoreRecords @(
            ($machine + 'Disallowed\Certificates'),
            ($enterprise + 'Disallowed\Certificates'),
            ($policy + 'Disallowed\Certificates'))
    }
}

function Read-RootUpdate($Data) {
    $value = Get-MachineValue 'SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot' 'DisableRootAutoUpdate'
    $Data['root_update'] = @{ policy_value = ConvertTo-Unsigned $value }
}

function Read-RootUpdateEvents($Data) {
    # wevtutil reads newest first without walking the whole log; its XML is not localised.
    $arguments = 'qe Application "/q:*[System[Provider[@Name=''Microsoft-Windows-CAPI2'']]]" /c:20 /rd:true /f:xml'
    $run = Invoke-Program ($env:SystemRoot + '\System32\wevtutil.exe') $arguments
    if ($run.exit_code -ne 0) { throw ('wevtutil ended with exit code ' + $run.exit_code) }
    $list = New-Object System.Collections.ArrayList
    $pattern = '(?s)<EventID[^>]*>(\d+)</EventID>.*?SystemTime=.(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)'
    foreach ($match in [regex]::Matches($run.output, $pattern)) {
        [void]$list.Add(@{
            id = [int]$match.Groups[1].Value
            utc = $match.Groups[2].Value + 'Z'
        })
    }
    $Data['root_update_events'] = $list
}

# --- Windows Installer ------------------------------------------------------------------------

function Get-InstallerProperty($Object, [string]$Name, [object[]]$Arguments) {
    # The automation objects of Windows Installer want late binding; properties with arguments
    # are asked for as "method or property", as a script host does.
    $flags = [System.Reflection.BindingFlags]'InvokeMethod, GetProperty'
    $value = [System.__ComObject].InvokeMember($Name, $flags, $null, $Object, $Arguments)
    return ,$value
}

function Get-InstallerText($Object, [string]$Name, [string]$Argument) {
    # One property as text; $null where Windows Installer does not know it or it is empty.
    try { $value = [string](Get-InstallerProperty $Object $Name @($Argument)) }
    catch { return $null }
    if ($value.Length -eq 0) { return $null }
    return $value
}

function Read-Products($Data) {
    # Context 4: installed for the machine.
    $list = New-Object System.Collections.ArrayList
    $installer = New-Object -ComObject WindowsInstaller.Installer
    $products = Get-InstallerProperty $installer 'ProductsEx' @('', '', 4)
    foreach ($product in $products) {
        [void]$list.Add(@{
            product_code = [string](Get-InstallerProperty $product 'ProductCode' @())
            name = Get-InstallerText $product 'InstallProperty' 'ProductName'
            version = Get-InstallerText $product 'InstallProperty' 'VersionString'
        })
    }
    $Data['products'] = $list
}

function Read-Patches($Data) {
    # Filter 15: applied 1, superseded 2, obsoleted 4, registered 8.
    $list = New-Object System.Collections.ArrayList
    $installer = New-Object -ComObject WindowsInstaller.Installer
    $patches = Get-InstallerProperty $installer 'PatchesEx' @('', '', 4, 15)
    foreach ($patch in $patches) {
        $date = Get-InstallerText $patch 'PatchProperty' 'InstallDate'
        if (($null -ne $date) -and [regex]::IsMatch($date, '\A\d{8}\z')) {
            $date = $date.Substring(0, 4) + '-' + $date.Substring(4, 2) + '-' + $date.Substring(6, 2)
        }
        [void]$list.Add(@{
            patch_code = [string](Get-InstallerProperty $patch 'PatchCode' @())
            product_code = [string](Get-InstallerProperty $patch 'ProductCode' @())
            display_name = Get-InstallerText $patch 'PatchProperty' 'DisplayName'
            state = [int](Get-InstallerProperty $patch 'State' @())
            install_date = $date
        })
    }
    $Data['patches'] = $list
}

function Read-Installer($Data) {
    # Windows Installer owns this mutex while it runs an installation. To take and give it back
    # at once is the only way to ask who has it.
    $busy = $false
    $mutex = $null
    try { $mutex = [System.Threading.Mutex]::OpenExisting('Global\_MSIExecute') }
    catch {
        $exception = Get-InnerException $_
        if ($exception -is [UnauthorizedAccessException]) { $busy = $true }
        elseif (-not ($exception -is [System.Threading.WaitHandleCannotBeOpenedException])) { throw $exception }
    }
    if ($null -ne $mutex) {
        $taken = $false
        try { $taken = $mutex.WaitOne(0, $false) }
        catch {
            # An abandoned mutex is ours now: its owner died without giving it back.
            $exception = Get-InnerException $_
            if ($exception -is [System.Threading.AbandonedMutexException]) { $taken = $true }
            else { throw $exception }
        }
        if ($taken) { $mutex.ReleaseMutex() } else { $busy = $true }
        $mutex.Close()
    }
    $Data['installer'] = @{ in_progress = $busy }
}

function Read-PendingRestart($Data) {
    # The value holds pairs: from, to. "to" is empty where a file is to be deleted.
    $renames = 0
    foreach ($name in @('PendingFileRenameOperations', 'PendingFileRenameOperations2')) {
        $value = Get-MachineValue 'SYSTEM\CurrentControlSet\Control\Session Manager' $name
        if ($null -ne $value) { $renames = $renames + [int][Math]::Ceiling([double]@($value).Length / 2) }
    }
    $Data['pending_restart'] = @{
        file_renames = $renames
        component_servicing = Test-MachineKey 'SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'
        windows_update = Test-MachineKey 'SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
    }
}

# --- Windows updates, the registry ------------------------------------------------------------

function Read-WindowsUpdates($Names, $Data) {
    $listed = @{}
    foreach ($entry in @(Get-WmiObject -Class Win32_QuickFixEngineering)) {
        if ($null -ne $entry.HotFixID) { $listed[([string]$entry.HotFixID).ToUpperInvariant()] = $true }
    }
    $path = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages'
    $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($path)
    if ($null -eq $key) { throw ('there is no key ' + $path) }
    $packages = $key.GetSubKeyNames()
    $key.Close()
    $records = @{}
    foreach ($name in $Names) {
        $states = @{}
        foreach ($package in $packages) {
            if ($package.IndexOf(('_for_' + $name + '~'), [System.StringComparison]::OrdinalIgnoreCase) -ge 0) {
                $states[$package] = ConvertTo-Unsigned (Get-MachineValue ($path + '\' + $package) 'CurrentState')
            }
        }
        $records[$name] = @{
            listed = $listed.ContainsKey(([string]$name).ToUpperInvariant())
            packages = $states
        }
    }
    $Data['windows_updates'] = $records
}

function Read-ServicingStack($Data) {
    $list = New-Object System.Collections.ArrayList
    $folder = $env:SystemRoot + '\servicing\Version'
    if ([System.IO.Directory]::Exists($folder)) {
        foreach ($entry in [System.IO.Directory]::GetDirectories($folder)) {
            [void]$list.Add([System.IO.Path]::GetFileName($entry))
        }
    }
    $Data['servicing_stack'] = @{ versions = $list }
}

function ConvertTo-RegistryText($Value) {
    if ($Value -is [int]) { return (ConvertTo-Unsigned $Value).ToString() }
    if ($Value -is [byte[]]) { return ConvertTo-Hex $Value }
    if ($Value -is [string[]]) { return [string]::Join('|', $Value) }
    return [string]$Value
}

function Read-Registry($Wanted, $Data) {
    $records = @{}
    foreach ($entry in $Wanted) {
        $key = [string]$entry['key']
        $name = [string]$entry['name']
        $record = @{ exists = $null; value = $null; error = $null }
        try {
            $value = Get-MachineValue $key $name
            $record.exists = ($null -ne $value)
            if ($record.exists) { $record.value = ConvertTo-RegistryText $value }
        }
        catch { $record.error = Get-ErrorText $_ }
        $records[$key + '\' + $name] = $record
    }
    $Data['registry'] = $records
}

# --- IMA, sessions, services, jobs --------------------------------------------------------------

function Read-Ima($Data) {
    # IMA is a 32 bit service: on x64 its key is below Wow6432Node.
    $plugin = Get-MachineValue 'SOFTWARE\Wow6432Node\Citrix\IMA\Runtime' 'CurrentlyLoadingPlugin'
    if ($null -eq $plugin) {
        $plugin = Get-MachineValue 'SOFTWARE\Citrix\IMA\Runtime' 'CurrentlyLoadingPlugin'
    }
    if ($null -ne $plugin) { $plugin = [string]$plugin }
    $Data['ima'] = @{ currently_loading_plugin = $plugin }
}

$SessionsSource = '
using System;
using System.Collections;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace LegacyOps {
    public class Session {
        public int Id;
        public int State;
        public string Name;
        public string User;
    }

    public static class Sessions {
        [StructLayout(LayoutKind.Sequential)]
        public struct SessionInfo {
            public int Id;
            public IntPtr Name;
            public int State;
        }

        [DllImport("wtsapi32.dll", EntryPoint = "WTSEnumerateSessionsW", SetLastError = true)]
        public static extern bool Enumerate(IntPtr server, int reserved, int version, out IntPtr sessions, out int count);

        [DllImport("wtsapi32.dll", EntryPoint = "WTSQuerySessionInformationW", SetLastError = true)]
        public static extern bool Query(IntPtr server, int session, int what, out IntPtr buffer, out int bytes);

        [DllImport("wtsapi32.dll", EntryPoint = "WTSFreeMemory")]
        public static extern void Free(IntPtr memory);

        public static Session[] List() {
            IntPtr buffer;
            int count;
            if (!Enumerate(IntPtr.Zero, 0, 1, out buffer, out count)) {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }
            ArrayList list = new ArrayList();
            int size = Marshal.SizeOf(typeof(SessionInfo));
            for (int i = 0; i < count; i++) {
                IntPtr at = new IntPtr(buffer.ToInt64() + (long)i * size);
                SessionInfo info = (SessionInfo)Marshal.PtrToStructure(at, typeof(SessionInfo));
                Session session = new Session();
                session.Id = info.Id;
                session.State = info.State;
                session.Name = Marshal.PtrToStringUni(info.Name);
                session.User = User(info.Id);
                list.Add(session);
            }
            Free(buffer);
            return (Session[])list.ToArray(typeof(Session));
        }

        // WTSUserName = 5. A session may end between the two calls: then it has no user.
        public static string User(int id) {
            IntPtr buffer;
            int bytes;
            if (!Query(IntPtr.Zero, id, 5, out buffer, out bytes)) { return ""; }
            string user = Marshal.PtrToStringUni(buffer);
            Free(buffer);
            return user;
        }
    }
}
'

function Read-Sessions($Data) {
    Add-Type -TypeDefinition $SessionsSource -IgnoreWarnings
    $record = Get-LogonMode
    $list = New-Object System.Collections.ArrayList
    foreach ($session in [LegacyOps.Sessions]::List()) {
        [void]$list.Add(@{
            id = $session.Id; state = $session.State
            user = [string]$session.User; name = [string]$session.Name
        })
    }
    $record['list'] = $list
    $Data['sessions'] = $record
}

function Read-Services($Names, $Data) {
    $records = @{}
    foreach ($name in $Names) { $records[$name] = Get-ServiceRecord (Get-ServiceObject $name $false) }
    $Data['services'] = $records
}

function Read-Jobs($Names, $Data) {
    $records = @{}
    $scheduler = Connect-Scheduler
    foreach ($name in $Names) { $records[$name] = Get-JobRecord (Get-JobTask $scheduler $name) }
    $Data['jobs'] = $records
}

# --- files and their signatures -----------------------------------------------------------------

$SignatureSource = '
using System;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace LegacyOps {
    public static class Signature {
        [StructLayout(LayoutKind.Sequential)]
        public struct TrustFile {
            public int Size;
            public IntPtr Path;
            public IntPtr Handle;
            public IntPtr KnownSubject;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct TrustData {
            public int Size;
            public IntPtr PolicyData;
            public IntPtr SipData;
            public int Ui;
            public int Revocation;
            public int Choice;
            public IntPtr File;
            public int StateAction;
            public IntPtr State;
            public IntPtr Url;
            public int Flags;
            public int UiContext;
        }

        [DllImport("wintrust.dll", ExactSpelling = true)]
        public static extern int WinVerifyTrust(IntPtr window, ref Guid action, ref TrustData data);

        [DllImport("crypt32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool CryptQueryObject(int objectType, IntPtr path, int contentFlags,
            int formatFlags, int flags, out int encoding, out int content, out int format,
            IntPtr store, out IntPtr message, IntPtr context);

        [DllImport("crypt32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool CryptMsgGetParam(IntPtr message, int parameter, int index,
            byte[] data, ref int size);

        [DllImport("crypt32.dll", ExactSpelling = true)]
        public static extern bool CryptMsgClose(IntPtr message);

        // WINTRUST_ACTION_GENERIC_VERIFY_V2 with WTD_UI_NONE 2, WTD_REVOKE_NONE 0,
        // WTD_CHOICE_FILE 1, WTD_STATEACTION_IGNORE 0, and WTD_HASH_ONLY_FLAG 0x200,
        // WTD_REVOCATION_CHECK_NONE 0x10, WTD_CACHE_ONLY_URL_RETRIEVAL 0x1000.
        public static int HashStatus(string path) {
            Guid action = new Guid("00AAC56B-CD44-11d0-8CC2-00C04FC295EE");
            IntPtr text = Marshal.StringToHGlobalUni(path);
            IntPtr file = Marshal.AllocHGlobal(Marshal.SizeOf(typeof(TrustFile)));
            try {
                TrustFile subject = new TrustFile();
                subject.Size = Marshal.SizeOf(typeof(TrustFile));
                subject.Path = text;
                Marshal.StructureToPtr(subject, file, false);
                TrustData data = new TrustData();
                data.Size = Marshal.SizeOf(typeof(TrustData));
                data.Ui = 2;
                data.Choice = 1;
                data.File = file;
                data.Flags = 0x200 | 0x10 | 0x1000;
                return WinVerifyTrust(new IntPtr(-1), ref action, ref data);
            }
            finally {
                Marshal.FreeHGlobal(file);
                Marshal.FreeHGlobal(text);
            }
        }

        // CERT_QUERY_OBJECT_FILE 1, content flag PKCS7_SIGNED_EMBED 1 << 10, format flag
        // BINARY 1 << 1, CMSG_ENCODED_MESSAGE 29. Null where the file holds no signature
        // (CRYPT_E_NO_MATCH 0x80092009).
        public static byte[] Message(string path) {
            IntPtr text = Marshal.StringToHGlobalUni(path);
            try {
                int encoding, content, format;
                IntPtr message;
                if (!CryptQueryObject(1, text, 1 << 10, 1 << 1, 0, out encoding, out content,
                        out format, IntPtr.Zero, out message, IntPtr.Zero)) {
                    int error = Marshal.GetLastWin32Error();
                    if (error == unchecked((int)0x80092009)) { return null; }
                    throw new Win32Exception(error);
                }
                try {
                    int size = 0;
                    if (!CryptMsgGetParam(message, 29, 0, null, ref size)) {
                        throw new Win32Exception(Marshal.GetLastWin32Error());
                    }
                    byte[] data = new byte[size];
                    if (!CryptMsgGetParam(message, 29, 0, data, ref size)) {
                        throw new Win32Exception(Marshal.GetLastWin32Error());
                    }
                    return data;
                }
                finally { CryptMsgClose(message); }
            }
            finally { Marshal.FreeHGlobal(text); }
        }
    }
}
'

function Initialize-Signatures {
    if ($null -ne $Legacy['SignaturesReady']) { return }
    Add-Type -AssemblyName System.Security
    Add-Type -TypeDefinition $SignatureSource -IgnoreWarnings
    $Legacy['SignaturesReady'] = $true
}

function Get-SignedMessage([string]$Path) {
    # The decoded PKCS#7 of a signed file, or $null where it has none.
    $bytes = [LegacyOps.Signature]::Message($Path)
    if ($null -eq $bytes) { return $null }
    $message = New-Object System.Security.Cryptography.Pkcs.SignedCms
    $message.Decode([byte[]]$bytes)
    return $message
}

function ConvertFrom-SigningTime([byte[]]$Der) {
    # UTCTime (tag 23, two digits of the year, 50 and later are 19xx) or GeneralizedTime (24).
    $text = [System.Text.Encoding]::ASCII.GetString($Der, 2, $Der.Length - 2)
    if ($Der[0] -eq 23) {
        $century = '20'
        if ([int]$text.Substring(0, 2) -ge 50) { $century = '19' }
        $text = $century + $text
    }
    $styles = [System.Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal'
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    return [DateTime]::ParseExact($text.Substring(0, 14), 'yyyyMMddHHmmss', $culture, $styles)
}

function Get-SigningTime($Signer) {
    # Attribute 1.2.840.113549.1.9.5 of a (counter)signer as UTC, or $null.
    foreach ($attribute in $Signer.SignedAttributes) {
        if ($attribute.Oid.Value -eq '1.2.840.113549.1.9.5') {
            foreach ($value in $attribute.Values) { return ConvertFrom-SigningTime $value.RawData }
        }
    }
    return $null
}

function Get-CounterSigner($Message) {
    # The first countersigner that states a time, or $null.
    foreach ($signer in $Message.SignerInfos) {
        foreach ($counter in $signer.CounterSignerInfos) {
            if ($null -ne (Get-SigningTime $counter)) { return $counter }
        }
        return $null
    }
    return $null
}

function Get-CertificateRecords($Certificates) {
    $list = New-Object System.Collections.ArrayList
    foreach ($certificate in $Certificates) { [void]$list.Add((Get-CertificateRecord $certificate)) }
    return ,$list
}

function Get-SignerRecord($Signer) {
    if ($null -eq $Signer.Certificate) { return $null }
    return Get-CertificateRecord $Signer.Certificate
}

function Get-SignatureStatus($Signer) {
    # 0 where the signature fits the signer's key, else the HRESULT. $true: no chain is built.
    try { $Signer.CheckSignature($true) }
    catch {
        $exception = Get-InnerException $_
        return ConvertTo-Unsigned ([System.Runtime.InteropServices.Marshal]::GetHRForException($exception))
    }
    return 0
}

function New-SignatureRecord {
    return @{
        state = 'unreadable'; hash_status = $null; signature_status = $null
        signer = $null; certificates = @(); timestamp = $null
    }
}

function Read-Signature([string]$Path, $Record) {
    # Fills the record step by step: what was read before an error stays.
    $Record['hash_status'] = ConvertTo-Unsigned ([LegacyOps.Signature]::HashStatus($Path))
    $message = Get-SignedMessage $Path
    if ($null -eq $message) {
        $Record['state'] = 'unsigned'
        return
    }
    $certificates = Get-CertificateRecords $message.Certificates
    $Record['certificates'] = $certificates
    foreach ($signer in $message.SignerInfos) {
        $Record['signer'] = Get-SignerRecord $signer
        $Record['signature_status'] = Get-SignatureStatus $signer
        break
    }
    $counter = Get-CounterSigner $message
    if ($null -ne $counter) {
        # A countersignature keeps its certificates in the one set of the whole message.
        $Record['timestamp'] = @{
            utc = ConvertTo-UtcText (Get-SigningTime $counter)
            signature_status = Get-SignatureStatus $counter
            signer = Get-SignerRecord $counter
            certificates = $certificates
        }
    }
    $Record['state'] = 'signed'
}

function New-FileRecord {
    return @{ exists = $false; size = $null; sha256 = $null; signature = $null; error = $null }
}

function Get-FileVersionText([string]$Path) {
    # $null where the file has no version resource.
    $info = [System.Diagnostics.FileVersionInfo]::GetVersionInfo($Path)
    if ($null -eq $info.FileVersion) { return $null }
    return [string]::Join('.', [string[]]@($info.FileMajorPart, $info.FileMinorPart, $info.FileBuildPart, $info.FilePrivatePart))
}

function Get-FileRecord([string]$Path, $Hash, $Signature, $Version) {
    $record = New-FileRecord
    try {
        $file = New-Object System.IO.FileInfo -ArgumentList $Path
        if (-not $file.Exists) { return $record }
        $record.exists = $true
        $record.size = [long]$file.Length
        if ($Hash) { $record.sha256 = Get-FileSha256 $Path }
        if ($Version) { $record.version = Get-FileVersionText $Path }
        if ($Signature) {
            $record.signature = New-SignatureRecord
            Initialize-Signatures
            Read-Signature $Path $record.signature
        }
    }
    catch { $record.error = Get-ErrorText $_ }
    return $record
}

function Test-Wildcard([string]$Text) {
    return ($Text.IndexOfAny([char[]]'*?') -ge 0)
}

function Get-WildcardRegex([string]$Pattern) {
    # Windows also matches short names and longer extensions: the regex keeps what was meant.
    $text = [regex]::Escape($Pattern).Replace('\*', '.*').Replace('\?', '.')
    $options = [System.Text.RegularExpressions.RegexOptions]'IgnoreCase, CultureInvariant'
    return New-Object System.Text.RegularExpressions.Regex -ArgumentList ('\A' + $text + '\z'), $options
}

function Get-MatchingEntries([string]$Folder, [string]$Pattern, [bool]$Folders) {
    $list = New-Object System.Collections.ArrayList
    if ([System.IO.Directory]::Exists($Folder)) {
        $regex = Get-WildcardRegex $Pattern
        if ($Folders) { $entries = [System.IO.Directory]::GetDirectories($Folder) }
        else { $entries = [System.IO.Directory]::GetFiles($Folder) }
        foreach ($entry in $entries) {
            if ($regex.IsMatch([System.IO.Path]::GetFileName($entry))) { [void]$list.Add($entry) }
        }
    }
    return ,$list
}

function Get-MatchingPaths([string]$Path) {
    # The files that a path with wildcards stands for, sorted; a plain path stands for itself.
    $found = New-Object System.Collections.ArrayList
    if (-not (Test-Wildcard $Path)) {
        [void]$found.Add($Path)
        return ,$found
    }
    $root = [System.IO.Path]::GetPathRoot($Path)
    $parts = @($Path.Substring($root.Length).Split('\') | Where-Object { $_.Length -gt 0 })
    [void]$found.Add($root)
    for ($index = 0; $index -lt $parts.Length; $index++) {
        $last = ($index -eq ($parts.Length - 1))
        $next = New-Object System.Collections.ArrayList
        foreach ($folder in $found) {
            if (Test-Wildcard $parts[$index]) {
                foreach ($entry in (Get-MatchingEntries $folder $parts[$index] (-not $last))) {
                    [void]$next.Add($entry)
                }
            }
            else {
                $entry = [System.IO.Path]::Combine($folder, $parts[$index])
                if ((-not $last) -or [System.IO.File]::Exists($entry)) { [void]$next.Add($entry) }
            }
        }
        $found = $next
    }
    $found.Sort([System.StringComparer]::OrdinalIgnoreCase)
    return ,$found
}

function Read-Files($Requests, $Data) {
    foreach ($request in $Requests) {
        $path = [string]$request['path']
        try {
            $found = Get-MatchingPaths $path
            if ($found.Count -eq 0) { [void]$found.Add($path) }
            foreach ($file in $found) {
                $Data['files'][$file] = Get-FileRecord $file $request['hash'] $request['signature'] $request['version']
            }
        }
        catch {
            $record = New-FileRecord
            $record.error = Get-ErrorText $_
            $Data['files'][$path] = $record
        }
    }
}

function Get-ServiceExecutable([string]$Name) {
    # The program of a service: quoted, or up to the first ".exe" that a space or the end follows.
    $service = Get-ServiceObject $Name $false
    if (($null -eq $service) -or ($null -eq $service.PathName)) { return $null }
    $line = [Environment]::ExpandEnvironmentVariables(([string]$service.PathName).Trim())
    $match = [regex]::Match($line, '\A"([^"]+)"')
    if (-not $match.Success) { $match = [regex]::Match($line, '(?i)\A(.+?\.exe)(?:\s|\z)') }
    if (-not $match.Success) { return $line }
    return $match.Groups[1].Value
}

function Read-ServiceModules($Names, $Data) {
    $paths = @{}
    foreach ($name in $Names) {
        $path = Get-ServiceExecutable $name
        $paths[$name] = $path
        if ($null -ne $path) { $Data['files'][$path] = Get-FileRecord $path $true $true $false }
    }
    $Data['service_modules'] = $paths
}

# --- chains, built on the host ------------------------------------------------------------------

function Get-RootThumbprints {
    # Names of the keys of Root and AuthRoot: they are the SHA-1 thumbprints.
    $names = @{}
    foreach ($store in @('ROOT', 'AuthRoot')) {
        $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey('SOFTWARE\Microsoft\SystemCertificates\' + $store + '\Certificates')
        if ($null -ne $key) {
            foreach ($name in $key.GetSubKeyNames()) { $names[$name.ToUpperInvariant()] = $true }
            $key.Close()
        }
    }
    return $names
}

function Get-StatusFlags($StatusList) {
    # X509ChainStatusFlags as one number: 1 NotTimeValid, 16 NotValidForUsage, 32 UntrustedRoot,
    # 65536 PartialChain, 67108864 ExplicitDistrust
    $flags = 0
    foreach ($status in $StatusList) { $flags = $flags -bor [int]$status.Status }
    return $flags
}

function New-ChainRecord([string]$Message) {
    return @{
        ok = $false; status = $null; elements = @(); verification_time = $null
        roots_added = @(); error = $Message
    }
}

function Get-ChainRecord([string]$Path) {
    if (-not [System.IO.File]::Exists($Path)) { return New-ChainRecord 'file not found' }
    $message = Get-SignedMessage $Path
    if ($null -eq $message) { return New-ChainRecord 'the file has no signature' }
    $time = [DateTime]::UtcNow
    $counter = Get-CounterSigner $message
    if ($null -ne $counter) { $time = Get-SigningTime $counter }
    $certificate = $null
    foreach ($signer in $message.SignerInfos) { $certificate = $signer.Certificate; break }
    if ($null -eq $certificate) {
        return New-ChainRecord 'the signature does not hold the certificate of its signer'
    }
    $before = Get-RootThumbprints
    # $true: the machine's stores, as a service account sees them, not the caller's.
    $chain = New-Object System.Security.Cryptography.X509Certificates.X509Chain -ArgumentList $true
    $chain.ChainPolicy.RevocationMode = [System.Security.Cryptography.X509Certificates.X509RevocationMode]::NoCheck
    # Without the purpose a root would pass whose entry in the store is not for code signing.
    $purpose = New-Object System.Security.Cryptography.Oid -ArgumentList '1.3.6.1.5.5.7.3.3'
    [void]$chain.ChainPolicy.ApplicationPolicy.Add($purpose)
    $chain.ChainPolicy.VerificationTime = $time.ToLocalTime()
    foreach ($embedded in $message.Certificates) { [void]$chain.ChainPolicy.ExtraStore.Add($embedded) }
    $ok = [bool]$chain.Build($certificate)
    $elements = New-Object System.Collections.ArrayList
    foreach ($element in $chain.ChainElements) {
        [void]$elements.Add(@{
            thumbprint = $element.Certificate.Thumbprint
            status = Get-StatusFlags $element.ChainElementStatus
        })
    }
    $added = New-Object System.Collections.ArrayList
    foreach ($entry in (Get-RootThumbprints).GetEnumerator()) {
        if (-not $before.ContainsKey($entry.Key)) { [void]$added.Add($entry.Key) }
    }
    $added.Sort([System.StringComparer]::Ordinal)
    return @{
        ok = $ok
        status = Get-StatusFlags $chain.ChainStatus
        elements = $elements
        verification_time = ConvertTo-UtcText $time
        roots_added = $added
        error = $null
    }
}

function Get-ChainPaths {
    # What chains and service_chains stand for; a path that stands for nothing stays as it is.
    $paths = @{}
    foreach ($path in (Get-ListParameter 'chains')) {
        $found = Get-MatchingPaths $path
        if ($found.Count -eq 0) { [void]$found.Add($path) }
        foreach ($file in $found) { $paths[$file] = $true }
    }
    foreach ($name in (Get-ListParameter 'service_chains')) {
        $path = Get-ServiceExecutable $name
        if ($null -ne $path) { $paths[$path] = $true }
    }
    return $paths
}

function Read-Chains($Data) {
    Initialize-Signatures
    $records = @{}
    foreach ($entry in (Get-ChainPaths).GetEnumerator()) {
        try { $records[$entry.Key] = Get-ChainRecord $entry.Key }
        catch { $records[$entry.Key] = New-ChainRecord (Get-ErrorText $_) }
    }
    $Data['chains'] = $records
}

# --- the parts ----------------------------------------------------------------------------------

function Read-Part([string]$Part, $Parameters, $Data) {
    try {
        switch ($Part) {
            'system' { $null = Read-System $Data }
            'clock' { $null = Read-Clock $Data }
            'stores' { $null = Read-Stores $Data }
            'root_update' { $null = Read-RootUpdate $Data }
            'root_update_events' { $null = Read-RootUpdateEvents $Data }
            'products' { $null = Read-Products $Data }
            'patches' { $null = Read-Patches $Data }
            'sessions' { $null = Read-Sessions $Data }
            'pending_restart' { $null = Read-PendingRestart $Data }
            'installer' { $null = Read-Installer $Data }
            'ima' { $null = Read-Ima $Data }
            'disk' { $null = Read-Disk $Data }
            'owner' { $Data['owner'] = @{ text = Get-OwnerText '' } }
            'servicing_stack' { $null = Read-ServicingStack $Data }
            'windows_updates' { $null = Read-WindowsUpdates $Parameters['windows_updates'] $Data }
            'registry' { $null = Read-Registry $Parameters['registry'] $Data }
            'services' { $null = Read-Services $Parameters['services'] $Data }
            'jobs' { $null = Read-Jobs $Parameters['jobs'] $Data }
            'files' { $null = Read-Files $Parameters['files'] $Data }
            'service_modules' { $null = Read-ServiceModules $Parameters['service_modules'] $Data }
            'chains' { $null = Read-Chains $Data }
            default { throw ('unknown part: ' + $Part) }
        }
    }
    catch {
        if (-not $Data.ContainsKey('errors')) { $Data['errors'] = @{} }
        $Data['errors'][$Part] = Get-ErrorText $_
        $Data[$Part] = $null
    }
}

function Invoke-Script($Parameters, $Data) {
    foreach ($part in (Get-ListParameter 'want')) { Read-Part $part $Parameters $Data }
    if (((Get-ListParameter 'files').Count -gt 0) -or ((Get-ListParameter 'service_modules').Count -gt 0)) {
        $Data['files'] = @{}
    }
    # Chains come last: what is read before them shows the stores as they were found.
    foreach ($part in @('services', 'windows_updates', 'registry', 'files', 'service_modules', 'jobs')) {
        if ((Get-ListParameter $part).Count -gt 0) { Read-Part $part $Parameters $Data }
    }
    if (((Get-ListParameter 'chains').Count -gt 0) -or ((Get-ListParameter 'service_chains').Count -gt 0)) {
        Read-Part 'chains' $Parameters $Data
    }
}
