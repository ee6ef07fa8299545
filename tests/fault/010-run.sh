# Whole runs in which one call fails: the first memory, file, fork or database call, the second, and
# so on.  A run that fails says why; whether it fails or not, nothing half-written is kept, and the
# next run ends as if nothing had happened.      Time limit: 300 s
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/fault/sweep.sh"
need sqlite3

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

reference small full

# Two lanes at a time.
lane() {
    for kind; do
        pipeline=small
        case $kind in fork | fsync | rename) pipeline=full ;; esac
        (sweep $pipeline $kind) || exit 1
    done
}
(lane sqlite alloc) >first 2>&1 &
first=$!
(lane open read write fork fsync rename) >second 2>&1 &
second=$!
two_lanes
