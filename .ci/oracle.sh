#!/bin/sh
# oracle.sh - a virtual environment in build/oracle with the libraries that tests compare against.
# Made anew when the list of versions changes.
set -eu
cd "$(dirname "$0")/.."
list=tests/oracle/requirements.txt
venv=build/oracle
cmp -s "$list" "$venv/requirements.txt" && exit 0
echo "oracle: installing $(tr '\n' ' ' <$list)"
rm -rf "$venv"
mkdir -p build
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --only-binary=:all: -r "$list" || {
    echo "oracle: pip could not install $list; its own words stand above" >&2
    exit 1
}
cp "$list" "$venv/requirements.txt"
