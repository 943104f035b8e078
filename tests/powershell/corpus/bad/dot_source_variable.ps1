# expect: code-from-data
. $file
