#!/bin/sh
# Prints the newest Python among the versions named (default: 3.14 3.13 3.12 3.11) that really runs and can make
# virtual environments. A command that exists proves nothing: pyenv leaves shims that only print an error. Pythons of
# virtual environments are passed over: the one to be replaced may be first on PATH.
# PYTHON=/path/to/python overrides the search.
set -eu

is_no_venv() {
    "$1" -c 'import sys; sys.exit(sys.prefix != sys.base_prefix)'
}

works() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    works "$PYTHON" || { echo "PYTHON=$PYTHON is no working Python 3.11 or newer with venv." >&2; exit 1; }
    command -v "$PYTHON"
    exit
fi

pyenv_versions="${PYENV_ROOT:-$HOME/.pyenv}/versions"
[ $# -gt 0 ] || set -- 3.14 3.13 3.12 3.11
for version; do
    IFS=:
    for directory in $PATH $(printf '%s:' "$pyenv_versions/$version".*/bin); do
        candidate="$directory/python$version"
        if [ -x "$candidate" ] && works "$candidate" && is_no_venv "$candidate"; then
            echo "$candidate"
            exit
        fi
    done
    unset IFS
done
echo "No working Python found ($*). Install one, with its venv module (Debian: apt install python3-venv)," >&2
echo "or name it: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
