#!/bin/sh
# lint.sh - the part of the house style that a machine can see.  Prints file:line for each breach.
set -eu
cd "$(dirname "$0")/.."
bad=0

sources() { # sources FOLDER...
    find "$@" -name '*.[ch]' 2>/dev/null | sort
}

sources lang stdlib stack vm tests | xargs -r awk -f .ci/strip.awk -f .ci/lint.awk || bad=1

# What people read is held to the same: nothing left for later.
find README.md docs examples tests -type f \( -name '*.md' -o -name '*.sh' -o -name '*.zpl' \) 2>/dev/null |
    xargs -r grep -nE '\b(TODO|FIXME)\b' && bad=1

if command -v clang-format-14 >/dev/null; then
    for file in $(sources lang stdlib stack vm tests); do
        clang-format-14 "$file" | cmp -s - "$file" || {
            echo "$file: not formatted; 'make fmt' does it"
            bad=1
        }
    done
fi
exit $bad
