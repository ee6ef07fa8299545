# Ctrl-C ends the jobs, those that run and those that wait; a job that somebody else cancels is told as
# that.      Time limit: 120 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >p.zpl <<'Z'
stack "team" { orchestrator = slurm {} }
local function wait_for(name)
  step(name) { signature = "() -> (n: Int)", resources = { cpu = 2 },
    command = { "sh", "-c", "echo " .. name .. "; while ! test -e $$1.open; do sleep 0.1; done; echo 1 >$$0", "$n", "GO" } } {}
end
wait_for "a"
wait_for "b"
wait_for "c"
Z
sed -i "s|GO|$PWD/gate|" p.zpl
ended() { ! kill -0 "$1" 2>/dev/null; }
bodies_are() { [ "$(pgrep -f "^sh -c echo.*$PWD/gate" | wc -l)" = "$1" ]; }

zpl run p.zpl --stack team >out 2>err &
pid=$!
wait_for 20 jobs_are RUNNING 2
wait_for 10 bodies_are 2
jobs_are PENDING 1 || fail "the third job does not wait: $(squeue)"
kill -INT $pid
wait_for 15 ended $pid
code=0
wait $pid || code=$?
equal "$code" 130 "exit code after an interrupt"
wait_for 10 jobs_are RUNNING,PENDING,COMPLETING 0
wait_for 5 bodies_are 0
equal "$(find .zpl/spool -mindepth 1 -type d | wc -l)" 0 "folders of tasks that are left"
expect 0 zpl runs
contains out cancelled

# somebody else's scancel
zpl run p.zpl --stack team >out 2>err &
pid=$!
wait_for 20 jobs_are RUNNING 2
scancel "$(squeue -h -r -t RUNNING -o %i | head -n 1)"
wait_for 20 jobs_are PENDING 0
: >gate.open
wait $pid && fail "it did not fail"
contains err "by somebody else"
expect 0 zpl show last --json
equal "$(json out "sorted(s['status'] for s in j['steps'])")" '["failed", "ran", "ran"]'
