# expect: static-new
$list = [System.Collections.Generic.List[string]]::new(4)
