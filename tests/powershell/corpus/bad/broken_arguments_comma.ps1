# expect: broken-arguments
$x = $text.Replace('a',
    'b')
