#!/bin/sh
# Installs the Debian programs of others that the tests have judge what is shipped. Only those that are missing, and
# where that can be done (root, apt-get); else the tests that need them are skipped and say so.
set -eu

missing=""
# A program, and the packages that bring it.
while read -r program packages; do
    command -v "$program" > /dev/null || missing="$missing $packages"
done << LIST
ssh-keygen openssh-client
chromium chromium
chromedriver chromium-driver
wine wine wine64
mcs mono-mcs
mono-api-info mono-devel
ipmi_sim openipmi
ipmitool ipmitool
ipmi-chassis freeipmi-tools
LIST
[ -n "$(find /usr/share/fonts -name 'NotoSansCJK*' -print -quit 2> /dev/null)" ] || missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "Not installed here:$missing. Tests that need it are skipped." >&2
    exit 0
fi
echo "Installing$missing, once." >&2
export DEBIAN_FRONTEND=noninteractive
install() {
    apt-get install --yes --quiet --quiet --no-install-recommends "$@" > /dev/null 2>&1
}
# shellcheck disable=SC2086 # one word a package
install $missing || { apt-get update --quiet --quiet > /dev/null 2>&1; install $missing; } ||
    for package in $missing; do # one that this Debian does not have is not to cost the others
        install "$package" || echo "$package cannot be installed. Tests that need it are skipped." >&2
    done
