#!/usr/bin/env bash
# ansible-core 2.21.5: what a collection's plugins import of it (plugin_utils) is compiled anew at each start.
#
# Python keeps what it has compiled in __pycache__, and for an action plugin of a collection that holds, too: it is kept
# below the collection. What that plugin imports of the same collection goes through Ansible's loader of collections,
# which compiles it at each start of ansible-playbook and keeps nothing. So a collection with thin plugins over much
# shared code pays for compiling it at every start.
#
# Seen: of two runs in a row, the audit event "compile" for the plugin in the first only, for its plugin_utils in both;
# one .pyc below the collection, the plugin's. PYTHON names a Python of 3.12 or newer.
set -euo pipefail
VERSION=2.21.5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet "ansible-core==$VERSION"
c=collections/ansible_collections/acme/tools
mkdir -p "$c/plugins/action" "$c/plugins/plugin_utils" audit
printf 'namespace: acme\nname: tools\nversion: 1.0.0\nreadme: README.md\nauthors: [a]\n' > "$c/galaxy.yml"
echo 'HELLO = "hello"' > "$c/plugins/plugin_utils/words.py"
cat > "$c/plugins/action/hello.py" <<'P'
from ansible.plugins.action import ActionBase

from ..plugin_utils.words import HELLO


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        return {"changed": False, "msg": HELLO}
P
cat > audit/sitecustomize.py <<'P'
import os
import sys


def hook(event, arguments):
    if event == "compile" and isinstance(arguments[1], (str, bytes)):
        with open(os.environ["SEEN"], "a", encoding="utf-8") as log:
            log.write(f"{os.fsdecode(arguments[1])}\n")


sys.addaudithook(hook)
P
printf -- '- hosts: localhost\n  gather_facts: false\n  tasks:\n    - acme.tools.hello:\n' > play.yml
export ANSIBLE_HOME=$work/home ANSIBLE_COLLECTIONS_PATH=$work/collections PYTHONPATH=$work/audit ANSIBLE_LOCALHOST_WARNING=false
unset PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX
for run in 1 2; do
    SEEN=$work/seen$run venv/bin/ansible-playbook -i localhost, -c local play.yml > "out$run"
    for file in action/hello.py plugin_utils/words.py; do
        echo "run $run: $file compiled $(grep -c "$file" "seen$run" || true) times"
    done
done
kept=$(find "$c" -name '*.pyc' | sed 's#.*/plugins/##')
echo "kept: $kept"
grep -q action/hello.py seen1 && ! grep -q action/hello.py seen2 &&
    grep -q plugin_utils/words.py seen1 && grep -q plugin_utils/words.py seen2 &&
    [ "$kept" = "$(grep hello <<< "$kept")" ]
