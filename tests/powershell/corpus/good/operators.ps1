$x = 'a,b' -split ','
$y = $x -join '-'
$z = ($x -contains 'a') -and ($y -notmatch 'b') -and ('a' -ceq 'A')
$w = 5 -band 4 -bor 1
