#!/bin/sh
# fresh.sh - proves what the README promises on a machine that has nothing: Debian 12 with git and make
# in a folder, a clone of the last commit in it, `make demo`, then `make test`; both are timed.
#     fresh.sh            FRESH_DIR names another folder than build/fresh
#     fresh.sh --remove   removes that folder
# The bare system reaches the registries as this one does: Debian's own package sources, their keys,
# pip's and npm's settings, certificates and proxies are taken over.  Mounts and processes live in
# namespaces that end with this script, however it ends.  Needs root.
set -eu
cd "$(dirname "$0")/.."
release=bookworm
fresh=$(realpath -m "${FRESH_DIR:-build/fresh}")
root=$fresh/root

die() {
    echo "fresh: $*" >&2
    exit 1
}

# Debian's own entries among the package sources of this machine, in either format.
debian_sources() {
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v RS= -v release="$release" '
        { ours = 0 }
        match($0, /(^|\n)Suites:[^\n]*/) {
            suites = substr($0, RSTART, RLENGTH)
            sub(/^\n?Suites:[ \t]*/, "", suites)
            ours = 1
            for (i = split(suites, suite, /[ \t]+/); i > 0; i--)
                if (suite[i] != "" && suite[i] !~ ("^" release "(-updates|-security)?$"))
                    ours = 0
        }
        ours { print $0 "\n" }'
}
debian_lines() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk -v release="$release" '
        $1 == "deb" {
            for (i = 2; i <= NF; i++)
                if ($i ~ ("^" release "(-updates|-security)?$"))
                    print
        }'
}

# Where the release itself comes from; nothing if this machine is no Debian of that release.
mirror() {
    { debian_sources | awk -v RS= -v release="$release" '
        $0 ~ ("Suites:[^\n]*[ \t]" release "([ \t\n]|$)") && match($0, /URIs:[ \t]*[^ \t\n]+/) {
            uri = substr($0, RSTART, RLENGTH)
            sub(/URIs:[ \t]*/, "", uri)
            print uri
        }'
      debian_lines | awk -v release="$release" '
        { for (i = 3; i <= NF; i++) if ($i == release) print $(i - 1) }'
    } | head -n 1
}

# take PATH...: files and folders of this machine, to the same place.
take() {
    for path; do
        [ -e "$path" ] || continue
        mkdir -p "$root$(dirname "$path")"
        cp -aL "$path" "$root$(dirname "$path")/"
    done
}

take_settings() {
    take /etc/resolv.conf /etc/hosts /etc/apt/auth.conf /etc/apt/auth.conf.d
    take /usr/local/share/ca-certificates
    rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
    debian_sources >"$root/etc/apt/sources.list.d/debian.sources"
    debian_lines >"$root/etc/apt/sources.list"
    # shellcheck disable=SC2046
    take $(sed -n 's/^Signed-By:[ \t]*//p' "$root/etc/apt/sources.list.d/debian.sources")
    # shellcheck disable=SC2046
    take $(grep -l Acquire /etc/apt/apt.conf /etc/apt/apt.conf.d/* 2>/dev/null)
    take /etc/pip.conf /etc/npmrc "$HOME/.pip" "$HOME/.config/pip" "$HOME/.npmrc"
    if command -v npm >/dev/null; then
        settings=$(npm config get globalconfig 2>/dev/null)
        [ ! -r "$settings" ] || cp "$settings" "$root/etc/npmrc"
    fi
    # The certificates that this machine trusts, under a name that no package writes.
    if [ -r /etc/ssl/certs/ca-certificates.crt ]; then
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/fresh-certificates.crt"
    fi
}

# The variables that tell clients how to reach their registries, as words for env.
settings_of_environment() {
    env | sed -n -E '/^(https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|all_proxy|ALL_PROXY|PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|PROXY|DEFAULT_TIMEOUT)|(NPM_CONFIG|npm_config)_[A-Za-z_]+)=[^ ]*$/p'
    if [ -r "$root/etc/fresh-certificates.crt" ]; then
        for name in NODE_EXTRA_CA_CERTS PIP_CERT REQUESTS_CA_BUNDLE; do
            echo "$name=/etc/fresh-certificates.crt"
        done
    fi
}

# inside COMMAND...: in the bare system, with its own mounts and processes.
inside() {
    # shellcheck disable=SC2046,SC2016
    unshare --mount --propagation private --pid --fork --kill-child sh -eu -c '
        root=$1
        shift
        mount -t proc proc "$root/proc"
        mount -t sysfs -o ro sysfs "$root/sys"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/tmp"
        exec chroot "$root" "$@"' sh "$root" \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        TERM=dumb LANG=C.UTF-8 CI=true $(settings_of_environment) "$@" </dev/null
}

# timed TARGET: the seconds it took are left in a file; its output goes to the terminal and a log.
timed() {
    echo "fresh: make $1"
    begun=$(date +%s)
    { inside make -C /root/zpl "$1" 2>&1 && touch "$fresh/$1.passed"; } | tee "$fresh/$1.log"
    [ -e "$fresh/$1.passed" ] || die "make $1 failed on a bare Debian (log: $fresh/$1.log)"
    echo "make $1: $(($(date +%s) - begun)) s" >>"$fresh/times"
}

if [ "${1:-}" = --remove ]; then
    rm -rf "$fresh"
    exit 0
fi

[ "$(id -u)" = 0 ] || die "this needs root: it makes a system in a folder"
git rev-parse --verify --quiet HEAD >/dev/null || die "there is no commit to clone yet"
[ -z "$(git status --porcelain)" ] ||
    echo "fresh: what is not committed is not part of this; it clones $(git rev-parse --short HEAD)"
rm -rf "$fresh"
mkdir -p "$fresh"
echo "fresh: making a bare Debian ($release) in $root"
# shellcheck disable=SC2046
debootstrap --variant=minbase --include=git,make "$release" "$root" $(mirror) >"$fresh/debootstrap.log" 2>&1 || {
    tail -n 10 "$fresh/debootstrap.log" >&2
    die "debootstrap failed (log: $fresh/debootstrap.log)"
}
take_settings
git clone --quiet --no-hardlinks "$PWD" "$root/root/zpl"

timed demo
timed test
echo
cat "$fresh/times"
