# lib.sh - what the shell tests say.  A test starts with `. "$ROOT/tests/lib.sh"` and stops at the
# first thing that is wrong, telling what was expected and what came.
# It is given: $ROOT the project, $BUILD the programs, $ZPL the binary (also `zpl` on the path),
# $TMP a folder of its own, which is the working directory and $HOME.
set -eu

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

skip() {
    echo "skipped: $*"
    exit 77
}

need() { # need COMMAND...: the test makes no sense without them
    for command; do
        command -v "$command" >/dev/null || skip "there is no $command on this machine"
    done
}

# run COMMAND...: keeps the exit code in $code, the output in ./out and ./err, and goes on.
run() {
    code=0
    "$@" >out 2>err || code=$?
}

# expect CODE COMMAND...: run, and the exit code is CODE.
expect() {
    expected_code=$1
    shift
    run "$@"
    [ "$code" = "$expected_code" ] || {
        echo "standard output:" && tail -n 40 out && echo "standard error:" && tail -n 40 err
        fail "'$*' ended with $code, not $expected_code"
    } >&2
}

equal() { # equal GOT EXPECTED [WHAT]
    [ "$1" = "$2" ] || fail "${3:-a value} is
    '$1', not
    '$2'"
}

contains() { # contains FILE TEXT: a line of the file holds the text
    grep -qF -- "$2" "$1" || {
        tail -n 40 "$1" >&2
        fail "$1 does not say '$2'"
    }
}

lacks() { # lacks FILE TEXT
    ! grep -nF -- "$2" "$1" >&2 || fail "$1 says '$2'"
}

same_file() { # same_file GOT EXPECTED
    diff -u "$2" "$1" >&2 || fail "$1 is not $2"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "'$*' did not come true in time"
        sleep 0.05
    done
}

json() { # json FILE EXPRESSION: a Python expression over the parsed file `j`; -S: packages, which take their time, are of no use to it
    python3 -S -c 'import json, sys
j = json.load(open(sys.argv[1]))
v = eval(sys.argv[2])
print(v if isinstance(v, str) else json.dumps(v, sort_keys=True))' "$1" "$2"
}

value() { # value STEP OUTPUT: of the run in the file out
    json out "[s['outputs']['$2'].get('value') for s in j['steps'] if s['name'] == '$1'][0]"
}

error_of() { # error_of STEP: the same
    json out "[s['error'] for s in j['steps'] if s['name'] == '$1'][0]"
}

with_oracle() { # the Python of the reference libraries is the one on PATH; a test that can't have it is skipped
    [ -x "$ROOT/build/oracle/bin/python3" ] || skip "there is no build/oracle (make oracle)"
    PATH="$ROOT/build/oracle/bin:$PATH"
    export PATH
}

status_of() { # status_of FILE STEP: how the step of a run or plan ended
    json "$1" "[s['status'] for s in j['steps'] if s['name'] == '$2'][0]"
}

demo() { # demo: the demo and its data, in the working directory
    cp "$ROOT/examples/delays/delays.zpl" .
    mkdir -p data
    ln -sf "$ROOT/build/deps/data/flights-3m.parquet" data/
}

flights() { # flights FILE ROWS: a small CSV with the demo's columns, the same at every call
    awk -v n="$2" 'BEGIN {
        print "date,delay,distance,origin,destination"
        x = 42
        for (i = 0; i < n; i++) {
            x = (x * 1103515245 + 12345) % 2147483648; h = int(x / 65536) % 24
            x = (x * 1103515245 + 12345) % 2147483648; d = 100 + int(x / 65536) % 2400
            x = (x * 1103515245 + 12345) % 2147483648; r = int(x / 65536) % 40
            printf "2001-0%d-%02d %02d:00:00,%d,%d,%s,%s\n", 1 + i % 6, 1 + i % 28, h,
                   h * 2 - 20 + r, d, (i % 3 ? "SFO" : "JFK"), (i % 2 ? "LAX" : "ORD")
        } }' >"$1"
}
