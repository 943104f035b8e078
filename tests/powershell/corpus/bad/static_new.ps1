# expect: static-new
$list = [System.Collections.ArrayList]::new()
