#!/bin/sh
# setup.sh - gets what this machine is missing, and nothing else: Debian packages, then the pinned
# files of fetch.sh.  When nothing is missing it only looks, in a few milliseconds.
#     setup.sh USE...     USE: build test cluster lint fuzz oracle valgrind fresh
# Needs root or sudo only if a package is missing.  On other systems it says what to install; with
# SETUP=no packages are left alone and taken to be there.
set -eu
cd "$(dirname "$0")/.."

packages() {
    for use; do
        case $use in
        build)
            echo gcc libc6-dev make pkg-config liblua5.4-dev libsqlite3-dev libjansson-dev \
                libssl-dev libpcre2-dev libedit-dev ca-certificates
            for client in $(.ci/fetch.sh --needs); do
                case $client in
                npm) command -v npm >/dev/null || echo npm ;;
                pip) has_pip || echo python3-pip ;;
                esac
            done
            ;;
        # The last four are Lua that others wrote, a quarter of a million lines, for the parser's tests.
        test)
            echo libcmocka-dev python3 python3-torch sqlite3 tmux procps lua-penlight luarocks lua-busted nmap-common
            ;;
        cluster) echo munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins ;;
        lint) echo clang-format-14 ;;
        fuzz) echo clang libclang-rt-14-dev ;;
        oracle) echo python3-venv ;;
        valgrind) echo valgrind ;;
        fresh) echo debootstrap git ;;
        *)
            echo "setup: there is no use named '$use'" >&2
            exit 2
            ;;
        esac
    done
}

has_pip() {
    python3 -m pip --version >/dev/null 2>&1 || command -v pip3 >/dev/null ||
        command -v pip >/dev/null
}

# Those of the packages that are not completely installed.
missing() {
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null |
        sed -n 's/^ii *//p') || true
    for package; do
        case "
$installed
" in
        *"
$package
"*) ;;
        *) echo "$package" ;;
        esac
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Runs a package command; its output is shown only if it fails.
quietly() {
    as_root "$@" >>build/setup.log 2>&1 </dev/null && return
    tail -n 20 build/setup.log >&2
    return 1
}

install() {
    echo "setup: installing $*"
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "setup: this needs root, and there is no sudo.  As root, run:
    apt-get install --no-install-recommends $*" >&2
            exit 1
        fi
        sudo -v # asks for a password here, where a person sees it
    fi
    mkdir -p build
    : >build/setup.log
    # An installation that was interrupted is finished first.
    quietly dpkg --configure -a || true
    # A list that can't be refreshed may still do; the installation tells.
    quietly apt-get -q update || echo "setup: apt-get update failed; going on with the lists there are" >&2
    quietly apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" || {
        echo "setup: apt-get could not install: $*
    Its own words stand above (all of them: build/setup.log).
    Are the package sources and the network reachable, and is there room on the disk?" >&2
        exit 1
    }
}

if [ "${SETUP:-}" != no ]; then
    wanted=$(packages "$@")
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "setup: this is no Debian system, so nothing is installed.  Install what Debian calls:
$(echo "$wanted" | tr '\n' ' ' | fold -s -w 76 | sed 's/^/    /')
and run this again with SETUP=no." >&2
        exit 1
    fi
    absent=$(missing $wanted)
    if [ -n "$absent" ]; then
        install $absent
    fi
fi

case " $* " in
*" build "*) .ci/fetch.sh ;;
esac
