# expect: code-from-data
iex $text
