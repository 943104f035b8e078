# expect: type
[System.IO.Compression.ZipFile]::ExtractToDirectory('a', 'b')
