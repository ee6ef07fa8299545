#!/bin/sh
# oracle.sh - environments of Python that tests compare against and run steps in, below build/.
#     oracle.sh           oracle (tests/oracle/requirements.txt) and torch: the system's own Python with Debian's PyTorch, if it
#                         has that, and what tables need that fits it (tests/oracle/torch.txt)
#     oracle.sh ml        ml-torch and ml-tensorflow beside them: what is current of both, some 3 GB, for machines without a GPU
# Each is made anew when its list of versions changes.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build

# venv NAME PYTHON OPTION...: an empty environment, unless it is there with what its list says; false: it is.
venv() {
    name=$1 python=$2
    shift 2
    list=tests/oracle/$name.txt
    [ "$name" != oracle ] || list=tests/oracle/requirements.txt
    cmp -s "$list" "build/$name/requirements.txt" && return 1
    echo "oracle: installing $(grep -v '^#' "$list" | tr '\n' ' ')"
    rm -rf "build/$name"
    "$python" -m venv "$@" "build/$name" || failed
}

failed() {
    echo "oracle: $list could not be installed; what pip or uv said stands above" >&2
    exit 1
}

# install OPTION...: what the list says, into the environment; uv takes seconds where pip takes a minute.  It compiles nothing
# unasked, and steps can't keep what they compile: each would spend two thirds of its import of pandas or scikit-learn on that.
install() {
    build/oracle/bin/uv pip install --quiet --python "build/$name/bin/python" --only-binary :all: -r "$list" "$@" || failed
    "build/$name/bin/python" -m compileall -q -j 0 -x '/tests?/' "build/$name/lib" >/dev/null 2>&1 ||
        : # some packages have files that no Python compiles
}

# The environment is whole.
done_with() {
    cp "$list" "build/$name/requirements.txt"
}

if venv oracle python3; then
    build/oracle/bin/python -m pip install --quiet --only-binary=:all: uv==0.13.9 || failed
    install
    done_with
fi

if /usr/bin/python3 -c 'import importlib.util as u; raise SystemExit(not u.find_spec("torch"))' 2>/dev/null &&
    venv torch /usr/bin/python3 --without-pip --system-site-packages; then
    install --no-deps # NumPy is the one that PyTorch was built with
    done_with
fi

[ "${1:-}" = ml ] || exit 0
if venv ml-torch python3 --without-pip; then
    install --no-deps # the rest of what it wants are gigabytes for GPUs
    .ci/cudaless.sh build/ml-torch/lib/python3.*/site-packages
    done_with
fi
if venv ml-tensorflow python3 --without-pip; then
    install
    done_with
fi
