# The same with other errors than a failing disk's: a full or read-only database, one that another holds,
# no descriptors left; and with a step that runs a program, whose start and end have calls of their own.
# Time limit: 300 s
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/fault/sweep.sh"
need python3 sqlite3

flights flights.csv 100
# The calls of sources and queries are failed by 010-run, each; here those that every step makes.
cat >store.zpl <<'Z'
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t) return { t.n, t.n * 2 } end }
local copy = step "copy" { signature = "(n: Int) -> (f: File)", files = { "flights.csv" },
                           command = { "sh", "-c", "cp flights.csv $f; echo $n >>$f" } }
copy { max(list { n = 3 }) }
Z
cat >program.zpl <<'Z'
local flights = csv.read "flights.csv"
local tidy = step "tidy" { signature = "(rows: Table {distance: Int, ...}) -> (out: Table {distance: Int}, n: Int)",
                           command = { "sh", "-c", "echo running; cp $rows.csv $out.csv; echo 1 > $n" } }
tidy { sql [[ SELECT distance FROM flights ]] }
Z
reference store program
lane() { # lane PIPELINE KIND...
    pipeline=$1
    shift
    for kind; do
        (sweep $pipeline $kind) || exit 1
    done
}
(lane store sqlite:ENOSPC sqlite:EROFS sqlite:EBUSY) >first 2>&1 &
first=$!
(lane program fork write:ENOSPC read open:EMFILE) >second 2>&1 &
second=$!
two_lanes
