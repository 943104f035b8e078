#!/bin/sh
# Installs what the tests of report and runbook look at the pages with: Debian's chromium, its driver, Japanese fonts.
# Only where that is missing and can be done (root, apt-get); else those tests are skipped and say so.
set -eu

missing=""
command -v chromium > /dev/null || missing="$missing chromium"
command -v chromedriver > /dev/null || missing="$missing chromium-driver"
[ -n "$(find /usr/share/fonts -name 'NotoSansCJK*' -print -quit 2> /dev/null)" ] || missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "Not installed here:$missing. Tests that need a browser are skipped." >&2
    exit 0
fi
echo "Installing$missing, once." >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # one word a package
if ! { apt-get install --yes --quiet --quiet --no-install-recommends $missing ||
    { apt-get update --quiet --quiet && apt-get install --yes --quiet --quiet --no-install-recommends $missing; }; } \
    > /dev/null 2>&1; then
    echo "That failed. Tests that need a browser are skipped." >&2
fi
