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
# uv takes seconds where pip takes a minute.
"$venv/bin/python" -m pip install --quiet --only-binary=:all: uv==0.13.9 &&
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --only-binary :all: -r "$list" || {
    echo "oracle: $list could not be installed; what pip or uv said stands above" >&2
    exit 1
}
cp "$list" "$venv/requirements.txt"
