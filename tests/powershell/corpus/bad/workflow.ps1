# expect: workflow
workflow Test-Flow { 1 }
