# expect: parameter
Get-AuthenticodeSignature -LiteralPath 'a[1].exe'
