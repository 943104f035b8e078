function Get-Twice { param($Number) $Number + $Number }
function Get-Sum {
    param([int]$One, $Two = 3) return $One + $Two
}
$Same = { param($It)$It }
