# Whole runs in which one call fails: the first memory, file, fork or database call, the second, and
# so on.  A run that fails says why; whether it fails or not, nothing half-written is kept, and the
# next run ends as if nothing had happened.      Time limit: 300 s
. "$ROOT/tests/lib.sh"

# What a sanitizer finds in any process is kept in files, whoever reads that process's output.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:exitcode=99:log_path=$TMP/found"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-}:log_path=$TMP/found"

flights flights.csv 100
cat >small.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > 15 AS late FROM flights ]]
Z
cat small.zpl - >full.zpl <<'Z'
local train, test = split { rows, ratio = 0.8, seed = 7 }
local model = xgboost.train { train, label = "late", rounds = 2 }
local report = evaluate { model, test }
deploy { model, name = "late", when = report.auc >= 0 }
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t) return { t.n, t.n * 2 } end }
local add = step "add" { signature = "(a: Int, b: Int) -> (sum: Int)", lua = function (t) return t.a + t.b end }
local sums = each(list { n = 3 }, function (a, i) return add { a = a, b = i } end)
add { a = max(sums), b = 1, as = "most" }
Z

made() { # made FILE: what a run made, from its JSON
    grep -E '"(digest|rows|auc|log_loss)":' "$1"
}

for pipeline in small full; do
    expect 0 zpl run $pipeline.zpl --json
    made out >$pipeline.made
    [ -s $pipeline.made ] || fail "nothing was made"
    rm -rf .zpl
done

# No object but whole ones: a file's name is the digest of its bytes.
whole() {
    [ -d .zpl/objects ] || return 0
    find .zpl/objects -type f | sed 's|\(.*objects/\)\(..\)/\(.*\)|\2\3  \1\2/\3|' >listed
    [ ! -s listed ] || sha256sum --quiet -c listed >torn 2>&1 || fail "$1: torn objects: $(cat torn)"
}

# sweep PIPELINE KIND QUIET: N = 0, 1, 2 … (memory: each to 20, then about one in nine) until QUIET
# runs succeed in a row: what is only remembered to save time may fail unnoticed.
sweep() {
    mkdir "$1-$2"
    cd "$1-$2"
    cp ../flights.csv ../$1.zpl .
    n=0 quiet=0 failures=0
    while [ $quiet -lt "$3" ]; do
        fault="ZPL_FAULT=$2:$n, $1"
        rm -rf .zpl
        run env ZPL_FAULT="$2:$n" zpl run $1.zpl --json
        case $code in
        0)
            quiet=$((quiet + 1))
            made out | cmp -s - ../$1.made || fail "$fault: it succeeded, but made something else"
            ;;
        1 | 3 | 4)
            quiet=0 failures=$((failures + 1))
            grep -q 'error\[E[0-9]*\]: .*[a-z]' err || fail "$fault: ended with $code and said '$(cat err)'"
            lacks err "without saying why"
            ;;
        *) fail "$fault: ended with $code and said '$(cat err)'" ;;
        esac
        whole "$fault"
        # There may be no store to look into, and then there is no run in it.
        run zpl runs --json
        lacks out '"running"'

        expect 0 zpl run $1.zpl --json
        made out | cmp -s - ../$1.made || fail "$fault: the run after it made something else"
        whole "$fault, and a run"
        equal "$(find .zpl/scratch -mindepth 1 -type d)" "" "what is left in scratch after $fault"
        n=$((n + 1))
        [ "$2:$((n > 20))" != alloc:1 ] || n=$((n + n / 8))
    done
    [ $failures -gt 0 ] || fail "$2: no call ever failed"
    echo "$1 $2: $failures failures, up to $n"
}

# Two lanes at a time.
lane() {
    for kind; do
        pipeline=small quiet=6
        case $kind in fork | fsync | rename) pipeline=full ;; sqlite) quiet=25 ;; esac
        (sweep $pipeline $kind $quiet) || exit 1
    done
}
(lane sqlite alloc) >first 2>&1 &
first=$!
(lane open read write fork fsync rename) >second 2>&1 &
second=$!
bad=
wait $first || bad=yes
wait $second || bad=yes
cat first second
[ -z "$bad" ] || fail "see above"
[ -z "$(ls found.* 2>/dev/null)" ] || fail "a sanitizer says: $(head -n 30 found.*)"
