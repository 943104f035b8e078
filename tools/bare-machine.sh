#!/bin/sh
# Builds a bare Debian machine in a folder (debootstrap's minbase; python3, python3-venv, git, make, ca-certificates)
# and runs what the README tells a newcomer to run in it, on the commit that is checked out, in an empty environment.
#
#   tools/bare-machine.sh                  make demo, then make test
#   tools/bare-machine.sh COMMAND...       these instead, each one word: "make unit"
#
# Needs root, apt-get and debootstrap. SUITE names another Debian than this machine's. MACHINE=/path keeps the machine
# there and uses one that is there already; else it is made below /var/tmp and removed at the end. How packages are
# reached is this machine's own affair and is handed in: Debian's mirrors, proxies, certificates, pip's configuration.
set -eu
cd "$(dirname "$0")/.."

for program in debootstrap apt-get unshare chroot; do
    command -v "$program" > /dev/null || { echo "$program is missing here (Debian: apt install debootstrap)." >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "A machine can be built by root only." >&2; exit 1; }
[ $# -gt 0 ] || set -- "make demo" "make test"

suite=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
if [ -n "${MACHINE:-}" ]; then
    machine=$MACHINE
else
    machine=$(mktemp -d /var/tmp/bare-machine.XXXXXX)
    trap 'rm -rf --one-file-system "$machine"' EXIT
    trap 'exit 130' INT TERM
fi

# Debian's own mirrors as apt knows them here: "URI RELEASE COMPONENT", one a line.
mirrors() {
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        sort -u
}

build() {
    mirror=$(mirrors | awk -v suite="$suite" '$2 == suite { print $1; exit }')
    [ -n "$mirror" ] || { echo "apt knows no mirror of Debian $suite here: run apt-get update." >&2; exit 1; }
    debootstrap --variant=minbase --include=python3,python3-venv,git,make,ca-certificates \
        "$suite" "$machine" "$mirror" > "$machine.log" || { tail -20 "$machine.log" >&2; exit 1; }
    rm -f "$machine.log"
    mirrors | awk -v suite="$suite" 'index($2, suite) == 1 { print "deb", $1, $2, $3 }' \
        > "$machine/etc/apt/sources.list"
}

# What this machine needs to reach packages, and nothing else of it.
hand_in() {
    apt-config dump | grep -E '^Acquire::(https?::|Check-Valid-Until)' > "$machine/etc/apt/apt.conf.d/99handed-in" || :
    cp /etc/resolv.conf /etc/hosts "$machine/etc/"
    find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$machine/usr/local/share/ca-certificates/" \;
    chroot "$machine" update-ca-certificates > /dev/null 2>&1
    for path in /etc/pip.conf /etc/xdg/pip "$HOME/.config/pip" "$HOME/.pip"; do
        [ -e "$path" ] || continue
        mkdir -p "$machine$(dirname "$path")"
        cp -R "$path" "$machine$(dirname "$path")/"
        # Folders of this machine stay here.
        find "$machine$path" -type f -exec sed -i -E '/^(find-links|(extra-)?index-url)[ =]+(file:|\/)/d' {} +
    done
    unset PIP_FIND_LINKS
}

# Mounts live in a namespace of their own: they are gone with it, however it ends.
run() {
    machine="$machine" command="$1" unshare --mount --pid --fork --kill-child sh -euc '
        mount -t proc proc "$machine/proc"
        mount --rbind /dev "$machine/dev"
        export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
        exec tools/clean-env.sh chroot "$machine" sh -c "cd /opt/hotfix && $command"'
}

if [ ! -x "$machine/usr/bin/git" ]; then
    echo "Building a bare Debian $suite in $machine." >&2
    build
fi
hand_in
rm -rf "$machine/opt/hotfix"
git clone --quiet --no-hardlinks . "$machine/opt/hotfix"
for command; do
    echo "bare machine: $command" >&2
    run "$command"
done
