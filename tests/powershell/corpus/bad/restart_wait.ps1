# expect: parameter
Restart-Computer -Wait
