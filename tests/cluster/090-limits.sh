# Limits of project.zpl hold on a cluster too: a slot is held from when a step is handed over until it is
# back, and steps here and there share it.   Time limit: 120 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >project.zpl <<'Z'
stack "team" { orchestrator = slurm { partition = "main", time = "30m", jobs = 8 } }
limits { db = 1 }
Z
cat >work.sh <<'S'
began=$(date +%s%N)
sleep 0.5
printf '{"began": %s, "ended": %s}' "$began" "$(date +%s%N)" >"$1"
S
program() { # program RESOURCES
    cat <<Z
local p = params { tag = "there" }
local work = step "work" {
  signature = "(n: Int, tag: String) -> (times: Report {began: Int, ended: Int})",
  command = { "sh", "work.sh", "\$times", "\$n", "\$tag" },
  $1
}
for n = 1, 3 do work { n, p.tag } end
Z
}
program "resources = { db = 1 }," >limited.zpl
program "" >free.zpl
overlap() { # overlap FILE...: the most steps of these runs that ran at one time
    python3 - "$@" <<'P'
import json, sys
times = [s["outputs"]["times"]["value"] for name in sys.argv[1:] for s in json.load(open(name))["steps"]]
edges = sorted([(t["began"], 1) for t in times] + [(t["ended"], -1) for t in times])
now = most = 0
for _, step in edges:
    now += step
    most = max(most, now)
print(most)
P
}
zpl run limited.zpl --stack team --json >there.json 2>there.err &
there=$!
expect 0 zpl run limited.zpl --tag here --json
mv out here.json
wait $there || fail "$(cat there.err)"
equal "$(overlap there.json here.json)" 1 "the most steps at a time"
expect 0 zpl run free.zpl --stack team --tag free --json
[ "$(overlap out)" -gt 1 ] || fail "without the limit no more ran at a time: the test tests nothing"
