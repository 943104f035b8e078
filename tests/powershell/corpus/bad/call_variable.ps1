# expect: code-from-data
& $program $arguments
