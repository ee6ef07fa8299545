# The same pipeline on a cluster as on this machine: same digests, the second run all cached; what a
# step needs reaches Slurm; what it prints is seen while it runs; nothing is left.   Time limit: 120 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
flights flights.csv 20000
cat >project.zpl <<'Z'
stack "team" { orchestrator = slurm { partition = "main", time = "30m" } }
Z
cat >p.zpl <<'Z'
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT hour(date) AS hour, distance, delay > 15 AS late FROM flights ]]
local train, test = split { rows, seed = 1 }
local model = xgboost.train { train, label = "late", rounds = 20 }
local report = evaluate { model, test }
local count = step "count" { signature = "(rows: Table {late: Bool}, auc: Float) -> (n: Int)",
  lua = function (t) return #t.rows end }
count { test, auc = report.auc }
local word = step "word" { python = "word.py:word" }
word { auc = report.auc }
Z
cat >word.py <<'P'
def word(auc: float) -> str:
    print("in Python")
    return f"{auc:.3f}"
P
mkdir alone
cp project.zpl p.zpl word.py flights.csv alone
(cd alone && expect 0 zpl run p.zpl --json && cp out ../alone.json)
digests="[[o['digest'] for o in s['outputs'].values()] for s in j['steps']]"
statuses="sorted(set(s['status'] for s in j['steps']))"

expect 0 zpl run p.zpl --stack team --json
equal "$(json out "$digests")" "$(json alone.json "$digests")" "digests on the cluster"
equal "$(json out "$statuses")" '["ran"]'
expect 0 zpl run p.zpl --stack team --json
equal "$(json out "$statuses")" '["cached"]'
expect 0 zpl run p.zpl --json
equal "$(json out "$statuses")" '["cached"]' "steps of a run here after one on the cluster"
expect 0 zpl logs 1/xgboost.train
contains out "slurm: job "
expect 0 zpl logs 1/word
contains out "in Python"
expect 0 zpl run p.zpl --stack team --no-cache --json
equal "$(json out "$digests")" "$(json alone.json "$digests")" "digests of the second time"
equal "$(find .zpl/spool -mindepth 1 -type d | wc -l)" 0 "folders of tasks that are left"
equal "$(find .zpl/scratch -mindepth 1 -type d 2>/dev/null | wc -l)" 0 "folders left in scratch"

# what a step needs, and what it prints while it runs
cat >needs.zpl <<'Z'
local wide = step "wide" { signature = "() -> (n: Int)", timeout = "5m", resources = { cpu = 2, memory = "512Mi" },
  command = { "sh", "-c", "echo it begins; ulimit -d; while ! test -e $$1; do sleep 0.1; done; echo 1 >$$0", "$n", "GO" } }
wide {}
Z
sed -i "s|GO|$PWD/go|" needs.zpl
zpl run needs.zpl --stack team >live 2>&1 &
pid=$!
wait_for 20 running
zpl logs --follow last/wide >followed &
follower=$!
wait_for 20 grep -q "it begins" followed
scontrol show job -o | grep "JobState=RUNNING" >job
contains job " CPUs/Task=2 "
contains job "MinMemoryNode=576M" # 512 and what looks after the step
contains job "TimeLimit=00:07:00"
contains job "Partition=main"
: >go
wait "$pid" || fail "it ended with $?: $(cat live)"
wait "$follower" || fail "zpl logs --follow ended with $?"
contains followed "slurm: job "
expect 0 zpl logs last/wide
contains out "$((512 * 1024))" # its limit of memory holds there

# a step that fails, dies or is over its limits is told as it is here
cat >bad.zpl <<'Z'
local function try(name, limits, ...)
  step(name) { signature = "() -> (n: Int)", timeout = limits.timeout, resources = limits.resources, command = { ... } } {}
end
try("three", {}, "sh", "-c", "echo it was bad >&2; exit 3", "$n")
try("late", { timeout = "1s" }, "sh", "-c", "sleep 60", "$n")
Z
expect 1 zpl run bad.zpl --stack team
contains err "step three failed"
contains err "exit code 3"
contains err "it was bad"
contains err "step late failed: it was not ready after its time limit"

# a command is confined there as it is here: what other steps made is no input
cat >nosy.zpl <<'Z'
step "nosy" { signature = "() -> (n: Int)", command = { "sh", "-c", "head -c 1 .zpl/zpl.db >/dev/null || exit 9; echo 1 >$$0", "$n" } } {}
Z
expect 0 zpl version --json
if [ "$(json out "j['confined']['files']")" != 0 ]; then
    expect 1 zpl run nosy.zpl --stack team
    contains err "exit code 9"
fi
