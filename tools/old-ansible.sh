#!/bin/sh
# Makes .cache/ansible-core-2.16 once: the oldest supported ansible-core with what the collection needs of it, for the
# tests that want two versions at the same time. Prints the directory of its commands. Needs Python 3.12 or 3.11.
set -eu
cd "$(dirname "$0")/.."

release=2.16
environment=".cache/ansible-core-$release"
made="$environment/.made"
libraries="pywinrm>=0.5,<0.6 filelock>=3.20.1,<5 jsonschema>=4.18,<5 rfc8785>=0.1.4,<0.2"

if [ ! -e "$made" ]; then
    python=$(PYTHON='' tools/find-python.sh 3.12 3.11)
    "$python" -m venv --clear "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "ansible-core~=$release.0" $libraries
    : > "$made"
fi
echo "$PWD/$environment/bin"
