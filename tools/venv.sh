#!/bin/sh
# Makes or refreshes .venv: the newest suitable Python, the collection linked for development, the lab editable.
# Does nothing when nothing it depends on has changed, so that every make target can call it.
set -eu
cd "$(dirname "$0")/.."

inputs="pyproject.toml lab/pyproject.toml tools/venv.sh"
stamp=".venv/.made-from"
made_from="PYTHON=${PYTHON:-} $(git hash-object $inputs | tr '\n' ' ')"

if [ ! -x .venv/bin/python ] || [ "$(cat "$stamp" 2>/dev/null)" != "$made_from" ]; then
    python=$(tools/find-python.sh)
    echo "Making .venv with $("$python" --version) ($python). This takes a few minutes, once." >&2
    "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -e lab
    echo "$made_from" > "$stamp"
fi
.venv/bin/python tools/link_collection.py
