# expect: member
if ([Environment]::Is64BitOperatingSystem) { 1 }
