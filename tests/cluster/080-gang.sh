# `workers = 2`: both nodes are given at once, the command starts its workers on them.  `gpu = 1`: the
# step runs where there is one.      Time limit: 120 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >p.zpl <<'Z'
stack "team" { orchestrator = slurm {} }
step "gang" { signature = "() -> (n: Int)", resources = { cpu = 2, workers = 2, memory = "256Mi" },
  command = { "sh", "-c", "srun sh -c 'echo worker $$SLURM_PROCID of $$SLURM_NTASKS on $$SLURMD_NODENAME in $$SLURM_JOB_ID'; echo $$SLURM_JOB_ID >$$0", "$n" },
  vars = { "SLURM_JOB_ID", "SLURM_CONF" }, network = true } {}
step "gpu" { signature = "() -> (node: String)", resources = { gpu = 1 },
  command = { "sh", "-c", "printf '\"%s\"' $$SLURMD_NODENAME >$$0", "$node" }, vars = { "SLURMD_NODENAME" } } {}
Z
expect 0 zpl run p.zpl --stack team --json
id=$(json out "[s['outputs']['n']['value'] for s in j['steps'] if s['name'] == 'gang'][0]")
equal "$(json out "[s['outputs']['node']['value'] for s in j['steps'] if s['name'] == 'gpu'][0]")" n1 "the node of the step with a GPU"
expect 0 zpl logs last/gang
grep -o "worker .*" out | sort >workers
equal "$(cat workers)" "worker 0 of 2 on n1 in $id
worker 1 of 2 on n2 in $id"

# more than there are: refused, not waited for
sed 's/workers = 2/workers = 5/' p.zpl >big.zpl
expect 1 zpl run big.zpl --stack team --no-cache
contains err "it was not begun: "
