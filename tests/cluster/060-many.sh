# Many steps are submitted as arrays, no more at a time than the stack says; two runs at once make
# each step once.      Time limit: 240 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >many.zpl <<'Z'
stack "team" { orchestrator = slurm { jobs = 30 } }
local double = step "double" { signature = "(n: Int) -> (n: Int)", lua = function (t) return 2 * t.n end }
local numbers = {}
for i = 1, 40 do numbers[i] = i end
each(numbers, function (n) return double { n = n } end)
Z
cp many.zpl here.zpl
expect 0 zpl run many.zpl --stack team --json
cp out team.json
values="[s['outputs']['n']['value'] for s in j['steps']]"
equal "$(json team.json "$values")" "$(json team.json "[2 * n for n in range(1, 41)]")" "what the steps gave"
squeue -h -r -t all -o '%F %K' >jobs
equal "$(wc -l <jobs)" 40 "jobs"
[ "$(cut -d ' ' -f 1 jobs | sort -u | wc -l)" -le 12 ] || fail "there were too many submissions: $(cat jobs)"
equal "$(awk '{ n[$1]++ } END { for (i in n) if (n[i] > m) m = n[i]; print m }' jobs)" 30 "tasks of the largest array"

# two runs at once, of programs that share their steps
rm -rf .zpl
zpl run many.zpl --stack team --json >one.json 2>one.err &
one=$!
zpl run here.zpl --stack team --json >two.json 2>two.err &
two=$!
wait $one || fail "the first ended with $?: $(cat one.err)"
wait $two || fail "the second ended with $?: $(cat two.err)"
equal "$(json one.json "$values")" "$(json team.json "$values")"
equal "$(json two.json "$values")" "$(json team.json "$values")"
ran="sum(s['status'] == 'ran' for s in j['steps'])"
equal $(($(json one.json "$ran") + $(json two.json "$ran"))) 40 "steps that ran in both together"
equal "$(find .zpl/spool -mindepth 1 -type d | wc -l)" 0 "folders of tasks that are left"
