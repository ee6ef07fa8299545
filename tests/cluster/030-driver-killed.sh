# The driver is killed while a step runs, another waits, and one is done without having been taken:
# the jobs go on, and the next run takes over what they do.      Time limit: 180 s
. "$ROOT/tests/cluster/cluster.sh"
cluster_up
cat >p.zpl <<'Z'
stack "team" { orchestrator = slurm {} }
-- What a word of a command names is part of its key, so the words name what is never there.
local function wait_for(name, file)
  return step(name) { signature = "() -> (n: Int)", resources = { cpu = 2 },
    command = { "sh", "-c", "echo x >>$$2.times; while ! test -e $$1.open; do sleep 0.1; done; echo 1 >$$0", "$n", file, "SHARED/" .. name } } {}
end
local a = wait_for("a", "HERE/go")
local b = wait_for("b", "HERE/later")
local c = wait_for("c", "HERE/go")
local sum = step "sum" { signature = "(a: Int, b: Int, c: Int) -> (n: Int)",
  lua = function (t) return t.a + t.b + t.c end }
local n = sum { a, b, c }
Z
sed -i "s|HERE|$PWD|; s|SHARED|$SHARED|" p.zpl

zpl run p.zpl --stack team >out 2>err &
pid=$!
wait_for 20 jobs_are RUNNING 2
jobs_are PENDING 1 || fail "the third job does not wait: $(squeue)"
kill -KILL $pid
wait $pid 2>/dev/null || :
squeue -h -r -o %i | sort >before
sleep 1
equal "$(squeue -h -r -o %i | sort)" "$(cat before)" "jobs after their driver was killed"

# the first step ends while there is no driver
: >go.open
wait_for 20 jobs_are RUNNING,PENDING 1
expect 0 zpl runs
contains out interrupted

zpl run p.zpl --stack team --json >after.json 2>err &
pid=$!
sleep 3
equal "$(squeue -h -r -t RUNNING,PENDING -o %i | wc -l)" 1 "jobs of the second driver"
equal "$(cat before | grep -c "$(squeue -h -r -t RUNNING -o %i)")" 1 "the job that goes on"
: >later.open
wait $pid || fail "it ended with $?: $(cat err)"
equal "$(json after.json "[s['status'] for s in j['steps']]")" '["ran", "ran", "ran", "ran"]'
for name in a b c; do equal "$(cat "$SHARED/$name.times")" x "times that the step $name ran"; done
equal "$(find .zpl/spool -mindepth 1 -type d | wc -l)" 0 "folders of tasks that are left"

# what is to be done again is not taken over
rm -f ./*.open "$SHARED"/*
zpl run p.zpl --stack team --no-cache >out 2>err &
pid=$!
wait_for 20 test -e "$SHARED/a.times"
kill -KILL $pid
wait $pid 2>/dev/null || :
: >go.open
: >later.open
wait_for 20 jobs_are RUNNING,PENDING 0
expect 0 zpl run p.zpl --stack team --no-cache
equal "$(cat "$SHARED/a.times" | wc -l)" 2 "times that the step a ran"
