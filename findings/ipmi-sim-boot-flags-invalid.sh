#!/bin/sh
# OpenIPMI's board simulator takes a boot device, passes it to its chassis program, and reports it as not valid.
#
# Seen with Debian 12's openipmi 2.0.33-1+b1 and ipmitool 1.8.19: after `chassis bootdev bios` (exit code 0) parameter 5
# reads "00 18 00 00 00": device "Force Boot into BIOS Setup", and "Boot Flag Invalid", since bit 7 of the first byte
# (IPMI 2.0, table 28-14) is not set. Whoever looks whether a board has taken the device is told that it has not.
# Needs ipmi_sim and ipmitool (Debian: openipmi, ipmitool). Loopback only.
set -eu
command -v ipmi_sim > /dev/null && command -v ipmitool > /dev/null || { echo "Install openipmi and ipmitool." >&2; exit 2; }
work=$(mktemp -d)
port=${PORT:-56231}
trap 'kill "$board" 2> /dev/null; rm -rf "$work"' EXIT
cd "$work"
cat > chassis << 'END'
#!/bin/sh
case "$1 $2" in
"get power") echo power:1 ;;
"get boot") echo "boot:$(cat boot 2> /dev/null || echo none)" ;;
"set boot") echo "$3" > boot ;;
esac
END
chmod +x chassis
cat > lan.conf << END
name "one"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 $port
    priv_limit admin
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "$work/chassis"
  user 2 true "admin" "secret" admin 10 none md2 md5 straight
END
printf 'mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n' > setup
ipmi_sim -n -c lan.conf -f setup -s . > /dev/null 2>&1 < /dev/null &
board=$!
ask() { ipmitool -I lanplus -C 3 -H 127.0.0.1 -p "$port" -U admin -P secret "$@"; }
for _ in 1 2 3 4 5 6 7 8 9 10; do ask chassis power status > /dev/null 2>&1 && break; sleep 1; done
ask chassis bootdev bios
[ "$(cat boot)" = bios ]
told=$(ask chassis bootparam get 5)
echo "$told"
echo "$told" | grep -q "Force Boot into BIOS Setup"
echo "$told" | grep -q "Boot Flag Invalid" || { echo "CHANGED: the flags are valid now." >&2; exit 1; }
