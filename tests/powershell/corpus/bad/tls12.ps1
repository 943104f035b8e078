# expect: member
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
