# zpl killed half-way, then run again: what was finished is kept, nothing half-written is there, and
# the end is the same as without the kill.      Time limit: 180 s
. "$ROOT/tests/lib.sh"
flights flights.csv 60000
cat >long.zpl <<'Z'
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows, seed = 1 }
local model = xgboost.train { train, label = "late", rounds = 2000 }
local report = evaluate { model, test }
Z

zpl run long.zpl >out 2>err &
pid=$!
trained() { [ -n "$(ls .zpl/objects 2>/dev/null)" ] && zpl lineage 1/split/train >/dev/null 2>&1; }
split_done() { sqlite3 -readonly .zpl/zpl.db "SELECT 1 FROM steps WHERE name = 'split'" | grep -q 1; }
need sqlite3
wait_for 60 split_done
kill -KILL $pid
wait $pid 2>/dev/null || true

gone() { ! pgrep -f "zpl run long.zpl" >/dev/null; }
wait_for 10 gone

expect 0 zpl runs
contains out interrupted
expect 0 zpl show 1
contains out "run it again"

sed -i 's/rounds = 2000/rounds = 20/' long.zpl
expect 0 zpl run long.zpl --json
equal "$(status_of out csv.read)" cached
equal "$(status_of out sql)" cached
equal "$(status_of out split)" cached
equal "$(status_of out xgboost.train)" ran
digests="[[o['digest'] for o in s['outputs'].values()] for s in j['steps']]"
cp out after
equal "$(find .zpl/scratch -mindepth 1 -type d | wc -l)" 0 "files left in scratch"

mkdir undisturbed
cp flights.csv long.zpl undisturbed/
(cd undisturbed && zpl run long.zpl --json >../clean)
equal "$(json after "$digests")" "$(json clean "$digests")" "digests with and without the kill"

# an interrupt cancels cleanly
sed -i 's/rounds = 20 /rounds = 4000 /' long.zpl
zpl run long.zpl >out 2>err &
pid=$!
runs_training() { pgrep -f "zpl run long.zpl" >/dev/null && grep -q "cached.*split" out; }
wait_for 30 runs_training
kill -INT $pid
code=0
wait $pid || code=$?
equal "$code" 130 "exit code after an interrupt"
contains err interrupted
expect 0 zpl runs
contains out cancelled
