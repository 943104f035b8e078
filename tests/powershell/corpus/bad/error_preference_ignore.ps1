# expect: error-action-ignore
$ErrorActionPreference = 'Ignore'
