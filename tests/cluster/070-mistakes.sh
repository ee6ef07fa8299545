# What is wrong with a stack is told where Slurm says it, and without Slurm at the start; what the
# nodes do not have is told too.      Time limit: 120 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >p.zpl <<'Z'
stack "typo" { orchestrator = slurm { partition = "no such; touch hacked" } }
stack "time" { orchestrator = slurm { time = "soon" } }
stack "good" { orchestrator = slurm {} }
step "one" { signature = "() -> (n: Int)", lua = function (t) return 1 end } {}
Z
expect 1 zpl run p.zpl --stack typo
contains err "it was not begun: "
contains err "nvalid partition"
expect 1 zpl run p.zpl --stack time
contains err "nvalid --time"
[ ! -e hacked ] || fail "a shell saw the name of a partition"

# more than the cluster has
cat >big.zpl <<'Z'
stack "good" { orchestrator = slurm {} }
step "big" { signature = "() -> (n: Int)", resources = { cpu = 64 }, lua = function (t) return 1 end } {}
Z
expect 1 zpl run big.zpl --stack good
contains err "it was not begun: job "
contains err "PartitionConfig"
no_jobs() { [ -z "$(squeue -h)" ]; }
wait_for 10 no_jobs

# a folder with spaces and signs that a shell would read
mkdir 'a $(touch hacked) "b"'
cp p.zpl 'a $(touch hacked) "b"'/
(cd 'a $(touch hacked) "b"' && expect 0 zpl run p.zpl --stack good)
[ -z "$(find . -name hacked)" ] || fail "a shell saw the name of a folder"

# the nodes do not have the program: the driver is a copy that is gone when its job starts
cp "$BUILD/zpl" copy
mkdir hidden
cp p.zpl hidden/
run_copy() { (cd hidden && DUCKDB_DIR="$ROOT/build/deps/duckdb" ../copy run p.zpl --stack good --no-cache); }
scontrol update partitionname=main state=down
run_copy >out 2>err &
pid=$!
waits() { squeue -h -t PENDING -o %r | grep -q PartitionDown; }
wait_for 20 waits
mv copy moved
scontrol update partitionname=main state=up
wait $pid && fail "it did not fail"
contains err "before zpl ran in it"
contains err "copy"

# no Slurm here: the commands are not on the PATH
mkdir bin
for tool in sh ls; do ln -s "$(command -v $tool)" bin/; done
expect 4 env PATH="$PWD/bin" "$ZPL" run p.zpl --stack good --no-cache
contains err "there is no Slurm on this machine"

# a stack's jobs are at least one
sed 's/slurm {}/slurm { jobs = 0 }/' p.zpl >zero.zpl
expect 3 zpl run zero.zpl --stack good
