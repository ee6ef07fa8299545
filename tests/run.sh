#!/bin/sh
# run.sh - runs suites of tests, one more at a time than there are processors, and sums up.  Those that say a time limit of
# their own begin first, the longest ahead, so that none is left to go on alone at the end.
#     run.sh SUITE...      unit unit-san python torch ml cases e2e fault cluster fuzz fuzz-san bench
# Each test runs through one.sh.  What a failing test said is shown at the end, then the ten slowest, then
# the processor time of each suite, then `N passed, N failed` as the last line.  Ends with 1 if a test failed or none ran.
#     BUILD    where zpl and the test programs are (build); -san suites use build/san
#     DUCKDB   the folder of libduckdb.so
#     T=word   only tests with this word in their name
#     CI=true  a skipped test counts as failed
#     JOBS=n   tests at a time
set -u
cd "$(dirname "$0")/.." || exit 2
ROOT=$PWD
BUILD=$(realpath -m "${BUILD:-build}")
DUCKDB_LIBRARY=$(realpath -m "${DUCKDB:-build/deps/duckdb}")
XGBOOST_LIBRARY=$(realpath -m "${XGBOOST_DIR:-build/deps/xgboost}")
ONNXRUNTIME_LIBRARY=$(realpath -m "${ONNXRUNTIME_DIR:-build/deps/onnxruntime}")
LOGS=$ROOT/build/test
# A python3 that is a script (pyenv) takes five times as long to start: what it leads to goes before it.
case $(head -c 2 "$(command -v python3)" 2>/dev/null) in
'#!') PATH=$(dirname "$(python3 -c 'import sys; print(sys.executable)')"):$PATH ;;
esac
export ROOT BUILD LOGS DUCKDB_LIBRARY XGBOOST_LIBRARY ONNXRUNTIME_LIBRARY PATH

# The tests of a suite as lines `suite path`, the path as from the root of the project.
list() {
    case $1 in
    unit | unit-san) find tests/unit -name 'test_*.c' ;;
    cases) find tests/cases -mindepth 2 -maxdepth 2 \( -name '*.zpl' -o -name '*.cmd' \) |
        sed 's/\.[a-z]*$//' ;;
    e2e | fault | cluster) find "tests/$1" -maxdepth 1 -name '[0-9]*.sh' ;;
    fuzz | fuzz-san) find tests/fuzz -name 'fuzz_*.c' ;;
    python) find tests/python -name 'test_*.py' ;;
    torch) find tests/ml -name 'test_torch*.py' ;;
    ml) find tests/ml -name 'test_*.py' -o -name '[0-9]*.sh' ;;
    bench) find tests/bench -maxdepth 1 -name '[0-9]*.sh' ;;
    esac 2>/dev/null | sort -u | sed "s/^/$1 /" | grep -F -- "${T:-}"
}

for suite; do
    case $suite in
    unit | unit-san | python | torch | ml | cases | e2e | fault | cluster | fuzz | fuzz-san | bench) ;;
    *)
        echo "run.sh: there is no suite named '$suite'" >&2
        exit 2
        ;;
    esac
    rm -rf "${LOGS:?}/$suite"
    mkdir -p "$LOGS/$suite"
done
WORK=$(mktemp -d "${TMPDIR:-/tmp}/zpl-test.XXXXXX") || exit 2
export WORK
trap 'chmod -R u+rwX "$WORK"; rm -rf "$WORK"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

jobs=${JOBS:-$(($(nproc) + 2))} # many tests wait for something
case " $* " in *" bench "* | *" cluster "*) jobs=1 ;; esac
# Lines `suite path`, in the order in which they are to begin.
order() {
    awk '{
        limit = 60
        for (n = 0; $1 != "cases" && n < 20 && (getline line <$2) > 0; n++)
            if (match(line, /[Tt]ime limit: [0-9]+ s/))
                limit = substr(line, RSTART + 12) + 0
        close($2)
        print limit, $0
    }' | sort -s -k 1,1nr | cut -d ' ' -f 2-
}

for suite; do
    list "$suite"
done | if [ "$jobs" = 1 ]; then cat; else order; fi >"$WORK/list"
xargs -r -P "$jobs" -L 1 tests/one.sh <"$WORK/list"

# Each result is one line: passed failed skipped seconds busy suite name
: >"$WORK/results"
while read -r suite path; do
    name=$(basename "$path")
    name=${name%.*}
    case $suite in cases) name=${path#tests/cases/} ;; esac
    result=$LOGS/$suite/$(echo "$name" | tr / %).result
    if [ -s "$result" ]; then
        cat "$result"
    else
        echo "0 1 0 0 0 $suite $name"
    fi >>"$WORK/results"
done <"$WORK/list"

awk '$3 > 0 { print "skipped: " $6 "/" $7 " (" $3 ")" }' "$WORK/results"
awk '$2 > 0' "$WORK/results" | while read -r _ _ _ seconds _ suite name; do
    echo
    echo "--- failed: $suite/$name ($seconds s)"
    tail -n 80 "$LOGS/$suite/$(echo "$name" | tr / %).log" 2>/dev/null ||
        echo "it left no log: it was not run to its end"
done
if [ -s "$WORK/results" ]; then
    echo
    echo "slowest:"
    sort -k 4 -n -r "$WORK/results" | head -n 10 |
        awk '{ printf "%8.1f s, %5.1f s of a processor  %s/%s\n", $4, $5, $6, $7 }'
    echo "seconds of a processor:"
    awk '{ busy[$6] += $5; all += $5 }
         END { for (suite in busy) printf "%8.1f s  %s\n", busy[suite], suite
               printf "%8.1f s  in all\n", all }' "$WORK/results" | sort -n -r
else
    echo "no test was found"
fi
echo
awk -v ci="${CI:-}" '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        if (ci != "")
            failed += skipped
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0 || passed == 0
    }' "$WORK/results"
