#!/usr/bin/env bash
# ansible-test sanity, offline, on a copy of what the collection ships as it stands in the working tree.
#
# ansible-test wants a real checkout at ansible_collections/NAMESPACE/NAME and keeps its environments in ~/.ansible:
# both are made in .cache, where the next run finds the environments again.
# Usage: tools/sanity.sh [arguments of ansible-test sanity, such as --test pep8]
set -euo pipefail
cd "$(dirname "$0")/.."

python=$PWD/.venv/bin/python
home=$PWD/.cache/home
copy=$PWD/.cache/sanity/ansible_collections/legacyops/hotfix

rm -rf "$copy"
mkdir -p "$copy" "$home/.ansible/test/cache"
readarray -t shipped < <("$python" tools/link_collection.py --list)
git ls-files -z --cached --others --exclude-standard -- "${shipped[@]}" tests/config.yml |
    while IFS= read -r -d '' file; do
        if [[ -e $file ]]; then printf '%s\0' "$file"; fi
    done |
    tar --create --null --files-from=- | tar --extract --directory "$copy"
git init --quiet "$copy"

# For its own environments ansible-test downloads pip's installer from a host which build machines often cannot reach.
# Every Python brings a pip along, so this installer does as well.
ansible_test=$("$python" -c 'import ansible_test; print(*ansible_test.__path__)')
for version in $(sed -n "s/^ *pip='\([0-9.]*\)'.*/\1/p" "$ansible_test/_internal/python_requirements.py"); do
    echo "__import__('ensurepip').bootstrap()" > "$home/.ansible/test/cache/get_pip_${version//./_}.py"
done

# This Python only: others on the path may be pyenv's shims, which exist and do not run.
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cd "$copy"
unset ANSIBLE_HOME ANSIBLE_COLLECTIONS_PATH
# pip would fill the screen.
PIP_QUIET=1 HOME=$home exec "$(dirname "$python")/ansible-test" sanity --color no --python "$version" "$@"
