# expect: code-from-data
$b = $ExecutionContext.InvokeCommand.NewScriptBlock($text)
