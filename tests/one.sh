#!/bin/sh
# one.sh - runs one test in a folder of its own, with a time limit and nothing of the caller's
# environment that could change its outcome.  Called by run.sh:  one.sh SUITE PATH
# Leaves $LOGS/SUITE/NAME.log (what it said) and .result: passed failed skipped seconds,
# seconds of processor time (of what ended while the test ran), suite name.
#     unit   a program that prints TAP; its tests are counted one by one
#     python a program of Python's unittest, run by the reference environment; counted one by one
#     torch  the same, run by the system's Python with its PyTorch
#     ml     the same, run by the current PyTorch or TensorFlow; or a shell script as those of e2e
#     cases  a command line and its exact output: x.zpl is run by `zpl check x.zpl`, or x.cmd holds
#            another command line.  x.out is the standard output, x.err the standard error, x.code
#            the exit code when it is not 0.  ACCEPT=1 writes these instead.
#     e2e, fault, cluster, bench  a shell script: 0 is passed, 77 is skipped
#     fuzz   a program that is given the corpus of its target
# `Time limit: N s` in the first 20 lines of a test gives it another limit than 60 seconds.
set -u
suite=$1 path=$2
case $suite in
*-san) BUILD=$ROOT/build/san ;;
esac
kind=${suite%-san}
name=${path##*/}
name=${name%.*}
file=$name
if [ "$kind" = cases ]; then
    name=${path#tests/cases/}
    file=${name%/*}%${name##*/}
fi
base=$LOGS/$suite/$file
log=$base.log

TMP=$(mktemp -d "$WORK/XXXXXX") || exit 0
ZPL=$BUILD/zpl
HOME=$TMP TMPDIR=$TMP LC_ALL=C.UTF-8 TZ=UTC
export BUILD TMP ZPL HOME TMPDIR LC_ALL TZ
PATH=$BUILD:$PATH
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
if [ -r "$ROOT/tests/lsan.supp" ]; then
    export LSAN_OPTIONS="suppressions=$ROOT/tests/lsan.supp:print_suppressions=0"
fi
unset ZPL_HOME ZPL_FAULT NO_COLOR CLICOLOR CLICOLOR_FORCE MAKEFLAGS MAKELEVEL MFLAGS
ulimit -c 0
cd "$TMP" || exit 0

# run COMMAND...: under the time limit, in a process group that does not outlive it.
run() {
    limit=$(sed -n -e '/[Tt]ime limit: [0-9][0-9]* s/{' -e 's/.*[Tt]ime limit: \([0-9]*\) s.*/\1/p' -e 'q' -e '}' -e 20q "$source" 2>/dev/null)
    timeout -k 5 "${limit:-60}" "$@" </dev/null &
    pid=$!
    wait "$pid"
    ended=$?
    kill -KILL "-$pid" 2>/dev/null
    [ "$ended" != 124 ] || echo "met its time limit of ${limit:-60} s" >&2
    return "$ended"
}

# Libraries for programs that are not zpl, so have no place to look beside themselves.
libraries() {
    export DUCKDB_DIR="$DUCKDB_LIBRARY" XGBOOST_DIR="$XGBOOST_LIBRARY" ONNXRUNTIME_DIR="$ONNXRUNTIME_LIBRARY"
}

# A program that dies early has failed once more than it could say.
count_tap() {
    awk '/^not ok [0-9]+ # SKIP/ || /^ok .*# SKIP/ { s++; next }
         /^not ok / { f++; next }
         /^ok / { p++ }
         END { print p + 0, f + 0, s + 0 }' "$log"
}

count_unittest() {
    awk '/ \.\.\. ok$/ || /^ok$/ { p++ }
         / \.\.\. skipped / || /^skipped: / { s++ }
         /^(FAIL|ERROR): / { f++ }
         END { print p + 0, f + 0, s + 0 }' "$log"
}

run_python() { # run_python ENVIRONMENT: one of those that .ci/oracle.sh makes
    python=$ROOT/build/$1/bin/python3
    if [ -x "$python" ]; then
        run "$python" -B -X utf8 "$ROOT/$path" -v
    else
        echo "skipped: there is no $python; 'make oracle' makes it where it can"
    fi
}

golden() { # golden FILE GOT: the golden file says what was got
    if [ "${ACCEPT:-}" = 1 ]; then
        if [ -s "$2" ] || { [ "${1##*.}" = out ] && [ ! -s got.err ]; }; then
            cp "$2" "$1"
        else
            rm -f "$1"
        fi
        return 0
    fi
    expected=$1
    [ -e "$expected" ] || [ -s "$2" ] || return 0
    [ -e "$expected" ] || expected=/dev/null
    diff -u --label "$(basename "$1") (expected)" --label "got" "$expected" "$2"
}

run_case() {
    golden=$ROOT/$path
    case_name=${path##*/}
    source=$golden.zpl
    cp -R "${golden%/*}" folder && cd folder || return 1
    [ ! -e "$golden.cmd" ] || source=$golden.cmd
    if [ "$source" = "$golden.cmd" ]; then
        run sh "$case_name.cmd" >../got.out 2>../got.err
    else
        run zpl check "$case_name.zpl" >../got.out 2>../got.err
    fi
    got=$?
    cd ..
    if [ $got = 0 ]; then : >got.code; else echo $got >got.code; fi
    if [ "${ACCEPT:-}" != 1 ] && [ ! -e "$golden.out" ] && [ ! -e "$golden.err" ]; then
        echo "no golden file: read what it says, then 'make accept T=$name'"
        cat got.out got.err
        return 1
    fi
    same=0
    for part in out err code; do
        golden "$golden.$part" got.$part || same=1
    done
    return $same
}

# Hundredths of a second that the machine is up: what many short tests take is mostly the programs that measure them.
now() {
    read -r up _ </proc/uptime
    up=${up%.*}${up#*.}
}
now
start=$up
source=$ROOT/$path
code=0
case $kind in
unit)
    libraries
    # WRAP is a list of words, for valgrind.
    # shellcheck disable=SC2086
    CMOCKA_MESSAGE_OUTPUT=TAP run ${WRAP:-} "$BUILD/unit/$name" >"$log" 2>&1 || code=$?
    ;;
python) run_python oracle >"$log" 2>&1 || code=$? ;;
torch) run_python torch >"$log" 2>&1 || code=$? ;;
ml)
    case $path in
    *.sh) run sh "$ROOT/$path" ;;
    *test_torch*) run_python ml-torch ;;
    *) run_python ml-tensorflow ;;
    esac >"$log" 2>&1 || code=$?
    ;;
cases) run_case >"$log" 2>&1 || code=$? ;;
e2e | fault | cluster) run sh "$ROOT/$path" >"$log" 2>&1 || code=$? ;;
bench) run sh "$ROOT/$path" || code=$? ;;
fuzz)
    libraries
    run "$BUILD/fuzz/$name" "$ROOT/tests/fuzz/corpus/${name#fuzz_}" >"$log" 2>&1 || code=$?
    ;;
esac

case $kind:$code in
unit:0) counts=$(count_tap) ;;
unit:*)
    counts=$(count_tap)
    case $counts in *" 0 "*) counts="${counts%% *} 1 ${counts##* }" ;; esac
    ;;
python:* | torch:* | ml:*)
    counts=$(count_unittest)
    case $code:$counts in 0:*) ;; *" 0 "*) counts="${counts%% *} 1 ${counts##* }" ;; esac
    case $path:$code in
    *.sh:0) counts="1 0 0" ;;
    *.sh:77) counts="0 0 1" ;;
    *.sh:*) counts="0 1 0" ;;
    esac
    ;;
*:0) counts="1 0 0" ;;
e2e:77 | fault:77 | cluster:77 | bench:77) counts="0 0 1" ;;
*) counts="0 1 0" ;;
esac
[ "$code" = 0 ] || echo "exit code $code" >>"$log"
case $counts in "0 0 0")
    echo "it ran no test" >>"$log"
    counts="0 1 0"
    ;;
esac
now
times >"$TMP/times"
awk -F '[ms ]+' -v counts="$counts" -v took="$((up - start))" -v test="$suite $name" '
    { busy += 60 * ($1 + $3) + $2 + $4 }
    END { printf "%s %.2f %.2f %s\n", counts, took / 100, busy, test }' "$TMP/times" >"$base.result"
cd /
rm -rf "$TMP" 2>/dev/null || {
    chmod -R u+rwX "$TMP"
    rm -rf "$TMP"
}
exit 0
