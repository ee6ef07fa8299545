# The controller is away for a minute: what runs goes on and its results are taken, what is new waits
# and is told so, and then the run ends well.  It is away at the start: an error that says so.
#      Time limit: 240 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >p.zpl <<'Z'
stack "team" { orchestrator = slurm {} }
local first = step "first" { signature = "() -> (n: Int)",
  command = { "sh", "-c", "while ! test -e $$1.open; do sleep 0.1; done; echo 1 >$$0", "$n", "HERE/gate" } } {}
local second = step "second" { signature = "(n: Int) -> (n: Int)", lua = function (t) return t.n + 1 end } { first }
step "third" { signature = "(n: Int) -> (n: Int)", lua = function (t) return t.n + 1 end } { second }
Z
sed -i "s|HERE|$PWD|" p.zpl

zpl run p.zpl --stack team >out 2>err &
pid=$!
wait_for 20 running
controller_down
: >gate.open
first_ran() { grep -q "ran  *first" out; }
wait_for 10 first_ran
sleep 60
kill -0 $pid || fail "it ended without the controller: $(cat out err)"
lacks out second
controller_up
wait $pid || fail "it ended with $?: $(cat out err)"
expect 0 zpl show last --json
equal "$(json out "sorted(s['status'] for s in j['steps'])")" '["ran", "ran", "ran"]'
expect 0 zpl logs last/second
contains out "no answer of the controller"
expect 0 zpl logs last/third
lacks out "no answer of the controller"

# an interrupt while it is away ends what runs without it
rm gate.open
zpl run p.zpl --stack team --no-cache >out 2>err &
pid=$!
wait_for 20 running
controller_down
sleep 1
kill -INT $pid
code=0
wait $pid || code=$?
equal "$code" 130 "exit code after an interrupt"
here() { pgrep -f "worker $PWD/.zpl/spool" >/dev/null; }
! here || fail "a worker goes on without its task"

expect 4 zpl run p.zpl --stack team
contains err "Slurm does not answer"
controller_up
wait_for 30 idle 2
