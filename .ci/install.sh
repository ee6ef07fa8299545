#!/bin/sh
# install.sh - puts zpl and the libraries it opens below a prefix, and removes exactly these.
#     install.sh install|uninstall PREFIX
#         PREFIX/bin/zpl
#         PREFIX/lib/zpl/duckdb/   PREFIX/lib/zpl/xgboost/   PREFIX/lib/zpl/onnxruntime/   as in build/deps
#         PREFIX/lib/zpl/python/     what steps in Python use
#         PREFIX/lib/zpl/installed                           the list that uninstall reads
# BUILD is where zpl was built; DUCKDB_DIR, XGBOOST_DIR and ONNXRUNTIME_DIR name own copies of the libraries.
set -eu
cd "$(dirname "$0")/.."
command=$1 prefix=$2
list=$prefix/lib/zpl/installed

put() { # put MODE FILE NAME: FILE becomes PREFIX/NAME
    mkdir -p "$prefix/$(dirname "$3")"
    cp "$2" "$prefix/$3.new"
    chmod "$1" "$prefix/$3.new"
    mv -f "$prefix/$3.new" "$prefix/$3"
    echo "$3" >>"$list.new"
}

remove() {
    [ -r "$list" ] || {
        echo "uninstall: there is no zpl installed below $prefix (no $list)" >&2
        exit 1
    }
    while read -r file; do
        rm -f "$prefix/$file"
    done <"$list"
    rm -f "$list"
    find "$prefix/lib/zpl" -depth -type d -empty -delete
}

case $command in
install)
    duckdb=${DUCKDB_DIR:-build/deps/duckdb}
    xgboost=${XGBOOST_DIR:-build/deps/xgboost}
    onnxruntime=${ONNXRUNTIME_DIR:-build/deps/onnxruntime}
    for file in "$duckdb/libduckdb.so" "$xgboost/xgboost/lib/libxgboost.so"; do
        [ -r "$file" ] || {
            echo "install: there is no $file; 'make setup' gets it" >&2
            exit 1
        }
    done
    mkdir -p "$prefix/lib/zpl"
    : >"$list.new"
    put 755 "$BUILD/zpl" bin/zpl
    put 644 "$duckdb/libduckdb.so" lib/zpl/duckdb/libduckdb.so
    [ ! -r "$duckdb/LICENSE" ] || put 644 "$duckdb/LICENSE" lib/zpl/duckdb/LICENSE
    # The library finds its own OpenMP in a folder two levels up, so the layout is kept.
    for folder in xgboost/lib $(cd "$xgboost" && ls -d xgboost*.libs 2>/dev/null); do
        for file in "$xgboost/$folder"/*.so*; do
            put 644 "$file" "lib/zpl/xgboost/$folder/${file##*/}"
        done
    done
    # What only models of ONNX need.
    [ ! -r "$onnxruntime/libonnxruntime.so" ] ||
        put 644 "$onnxruntime/libonnxruntime.so" lib/zpl/onnxruntime/libonnxruntime.so
    [ ! -r "$onnxruntime/LICENSE" ] || put 644 "$onnxruntime/LICENSE" lib/zpl/onnxruntime/LICENSE
    for file in stdlib/python/pyproject.toml stdlib/python/zpl/*.py stdlib/python/zpl/py.typed; do
        put 644 "$file" "lib/zpl/python/${file#stdlib/python/}"
    done
    mv "$list.new" "$list"
    echo "installed: $prefix/bin/zpl, and its libraries in $prefix/lib/zpl"
    ;;
uninstall) remove ;;
*)
    echo "install: no such command: $command" >&2
    exit 2
    ;;
esac
