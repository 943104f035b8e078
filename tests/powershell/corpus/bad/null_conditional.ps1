# expect: null-conditional
$x = ${a}?.Name
