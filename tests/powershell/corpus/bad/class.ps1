# expect: class
class Host { [string]$Name }
