# expect: broken-arguments
$x = [System.IO.File]::Open(
    'a', [System.IO.FileMode]::Open)
