# A node loses its power, then a job is preempted: told in words, and the step is done on another node
# or later, although it has no retries of its own.      Time limit: 180 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >p.zpl <<'Z'
stack "team" { orchestrator = slurm { partition = "main" } }
step "hold" { signature = "() -> (n: Int)", resources = { cpu = 2 },
  command = { "sh", "-c", "echo x >>SHARED/times; while ! test -e $$1.open; do sleep 0.1; done; echo 1 >$$0", "$n", "HERE/gate" } } {}
Z
sed -i "s|HERE|$PWD|; s|SHARED|$SHARED|" p.zpl
times_is() { [ "$(wc -l <"$SHARED/times")" = "$1" ]; }
state_of() { squeue -h -t all -o '%T' | grep -qx "$1"; }

zpl run p.zpl --stack team >out 2>err &
pid=$!
wait_for 20 times_is 1
node=$(squeue -h -t RUNNING -o %N)
node_down "$node"
wait_for 40 times_is 2
other=$(squeue -h -t RUNNING -o %N)
[ "$node" != "$other" ] || fail "it runs on the node that failed"
state_of NODE_FAIL || fail "the job did not end with its node: $(squeue -t all)"
: >gate.open
wait $pid || fail "it ended with $?: $(cat err)"
expect 0 zpl show last --json
equal "$(json out "[(s['status'], s['attempts']) for s in j['steps']]")" '[["ran", 2]]'
expect 0 zpl logs last
contains out "node $node failed"
contains out "slurm: job "

# preempted by a job of a partition that goes before: with one node left, the step waits for that
rm gate.open "$SHARED/times"
zpl run p.zpl --stack team --no-cache >out 2>err &
pid=$!
wait_for 20 times_is 1
sbatch --parsable --partition=urgent --cpus-per-task=2 --output=/dev/null --wrap="sleep 3" >urgent
wait_for 20 state_of PREEMPTED
wait_for 40 times_is 2
: >gate.open
wait $pid || fail "it ended with $?: $(cat err)"
expect 0 zpl logs last
contains out "preempted"

# lost again and again, it fails, and says why
rm gate.open "$SHARED/times"
zpl run p.zpl --stack team --no-cache >out 2>err &
pid=$!
for n in 1 2 3 4; do
    wait_for 40 times_is $n
    sbatch --parsable --partition=urgent --cpus-per-task=2 --output=/dev/null --wrap="sleep 1" >urgent
done
wait $pid && fail "it did not fail"
contains err "it was lost: it was preempted"
