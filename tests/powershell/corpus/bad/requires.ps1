# expect: requires
#Requires -Version 3.0
