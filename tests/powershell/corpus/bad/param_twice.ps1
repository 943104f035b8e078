# expect: command
function Get-It { param($One) param($Two) $One + $Two }
