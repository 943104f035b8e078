#!/bin/sh
# Makes or refreshes .venv: the newest suitable Python, the collection linked for development, the lab editable.
# Does nothing when nothing it depends on has changed, so that every make target can call it.
# With the argument demo it installs only what the demonstration needs: a third of the time. What is missing then is
# added by the first call without it.
set -eu
cd "$(dirname "$0")/.."

inputs="pyproject.toml lab/pyproject.toml"
stamp=".venv/.made-from"
made_from="PYTHON=${PYTHON:-} $(git hash-object $inputs | tr '\n' ' ')"
demo="ipmi,lab"
extras=dev
[ "${1:-}" != demo ] || extras=$demo

there=nothing
if [ -x .venv/bin/python ]; then
    case $(cat "$stamp" 2>/dev/null) in
        "$made_from$demo") there=$demo ;;
        "$made_from"*) there=dev ;;
    esac
fi
if [ $there != dev ] && [ $there != $extras ]; then
    if [ $there = nothing ]; then
        python=$(tools/find-python.sh)
        echo "Making .venv with $("$python" --version) ($python). This takes a few minutes, once." >&2
        "$python" -m venv --clear .venv
    else
        echo "Adding to .venv what the demonstration did not need. This takes a minute or two, once." >&2
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".[$extras]" -e lab
    echo "$made_from$extras" > "$stamp"
fi
.venv/bin/python tools/link_collection.py
