# expect: type-3.5
$x = [System.Linq.Enumerable]::Sum($numbers)
