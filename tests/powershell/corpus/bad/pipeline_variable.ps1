# expect: parameter
Get-Process -PipelineVariable p
