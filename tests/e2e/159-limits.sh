# Limits of project.zpl: over all runs of one store at most so many steps at a time have a slot.
# Time limit: 120 s
. "$ROOT/tests/lib.sh"
cat >project.zpl <<'Z'
limits { db = 2, licence = 1 }
Z
cat >work.sh <<'S'
began=$(date +%s%N)
sleep "$2"
printf '{"began": %s, "ended": %s}' "$began" "$(date +%s%N)" >"$1"
S
program() { # program RESOURCES
    cat <<Z
local p = params { tag = String, seconds = "0.3" }
local work = step "work" {
  signature = "(n: Int, tag: String, seconds: String) -> (times: Report {began: Int, ended: Int})",
  command = { "sh", "work.sh", "\$times", "\$seconds", "\$n", "\$tag" },
  $1
}
for n = 1, 4 do work { n, p.tag, p.seconds } end
Z
}
program "resources = { db = 1 }," >limited.zpl
program "" >free.zpl

# The most that ran at one time, over all runs of a program at once.
overlap() { # overlap PROGRAM SECONDS: other seconds, other steps
    pids=
    for tag in a b c; do
        zpl run $1.zpl --tag $tag --seconds $2 --jobs 4 --json >$1-$tag.json 2>$1-$tag.err &
        pids="$pids $!"
    done
    for pid in $pids; do wait $pid || fail "a run of $1 ended with $?: $(cat $1-*.err)"; done
    python3 - $1-a.json $1-b.json $1-c.json <<'P'
import json, sys
times = [s["outputs"]["times"]["value"] for name in sys.argv[1:] for s in json.load(open(name))["steps"]]
assert len(times) == 12, times
edges = sorted([(t["began"], 1) for t in times] + [(t["ended"], -1) for t in times], key=lambda e: (e[0], e[1]))
now = most = 0
for _, step in edges:
    now += step
    most = max(most, now)
print(most)
P
}
equal "$(overlap limited 0.3)" 2 "the most steps at a time that share db"
[ "$(overlap free 0.31)" -gt 2 ] || fail "without the limit no more ran at a time: the test tests nothing"

# Steps that are done again have slots too.
program "resources = { licence = 1 }," >again.zpl
expect 0 zpl run again.zpl --tag a --seconds 0.2
expect 1 zpl reproduce last --json
equal "$(json out "(lambda t: len(t) == 4 and all(a[1] <= b[0] for a, b in zip(t, t[1:])))(sorted((f[0]['values'][1], f[1]['values'][1]) for f in (sorted(s['outputs'][0]['fields'], key=lambda f: f['name']) for s in j['steps'])))")" \
    true "of steps done again one at a time has the licence"

# It is told where a plan says what it touches, and no part of a key.
expect 0 zpl plan limited.zpl --tag a
contains out "takes     db"
contains out "nothing to run"
expect 0 zpl plan limited.zpl --tag a --json
equal "$(json out "j['touches']['takes']")" '["db"]'
expect 0 zpl graph limited.zpl --tag a --json
equal "$(json out "[n['resources'] for n in j['nodes']][0]")" '{"limits": {"db": {"of": 2, "slots": 1}}}'
expect 0 zpl run limited.zpl --tag a
echo 'limits { db = 1, licence = 1 }' >project.zpl
expect 0 zpl run limited.zpl --tag a --json
equal "$(json out "{s['status'] for s in j['steps']} == {'cached'}")" true
echo 'limits { licence = 1 }' >project.zpl # recalled or not, it does not check any more
expect 3 zpl run limited.zpl --tag a
contains err "resources has no 'db'"

# A step that waits takes no worker, so others go on; it costs next to no time; a killed holder frees its slot.
cat >hold.zpl <<'Z'
local p = params { seconds = "60" }
local work = step "work" {
  signature = "(seconds: String) -> (times: Report {began: Int, ended: Int})",
  command = { "sh", "work.sh", "$times", "$seconds" },
  resources = { licence = 1 },
}
work { p.seconds, as = "holds" }
Z
cat >wait.zpl <<'Z'
local add = step "add" { signature = "(a: Int) -> (sum: Int)", lua = function (t) return t.a + 1 end }
local first = add { 1, resources = { licence = 1 }, as = "waits" }
add { first, as = "after" }
for n = 1, 5 do add { n * 10, as = "other " .. n } end
Z
rm -f hold.events
zpl run hold.zpl --events >hold.events &
holder=$!
wait_for 20 grep -q '"status":"running"' hold.events
rm -f wait.events
zpl run wait.zpl --jobs 1 --events >wait.events &
waiter=$!
wait_for 20 sh -c "test \$(grep -c '\"status\":\"ran\"' wait.events) = 5"
contains wait.events "it waits for licence"
spent() { awk '{ print $14 + $15 }' /proc/$waiter/stat; } # hundredths of a second
before=$(spent)
sleep 2
after=$(spent)
[ $((after - before)) -le 20 ] || fail "it spent $((after - before)) hundredths of two seconds waiting"
lacks wait.events '"name":"after"'
kill -9 $holder
wait $waiter || fail "it ended with $?"
python3 - <<'P'
import json
events = [json.loads(line) for line in open("wait.events")]
steps = [(e["name"], e["status"], e["why"]) for e in events if e["event"] == "step"]
ran = [name for name, status, _ in steps if status == "ran"]
assert ran == ["other 1", "other 2", "other 3", "other 4", "other 5", "waits", "after"], ran
waits = [(status, why) for name, status, why in steps if name == "waits"]
assert [status for status, _ in waits] == ["would_run", "running", "ran"], waits
assert waits[0][1] == "it waits for licence" and "waits for" not in (waits[2][1] or ""), waits
P

# A person at a terminal sees what is waited for, and how many steps do.
rm -f hold.events
zpl run hold.zpl --events >hold.events &
holder=$!
wait_for 20 grep -q '"status":"running"' hold.events
cat >two.zpl <<'Z'
local add = step "add" { signature = "(a: Int) -> (sum: Int)", lua = function (t) return t.a + 1 end }
for n = 1, 2 do add { n * 1000, resources = { licence = 1 }, as = "two " .. n } end
Z
python3 - $holder <<'P'
import os, pty, signal, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execvp("zpl", ["zpl", "run", "two.zpl"])
seen, until = b"", time.time() + 20
while time.time() < until and b"  waiting   two 1     for licence, and 1 more" not in seen:
    seen += os.read(terminal, 4096)
assert b"  waiting   two 1     for licence, and 1 more" in seen, seen
os.kill(int(sys.argv[1]), signal.SIGKILL)
rest = b""
try:
    while part := os.read(terminal, 4096):
        rest += part
except OSError:
    pass
assert os.waitpid(child, 0)[1] == 0 and b"2 ran" in rest and b"waiting" not in rest[rest.rindex(b"2 ran"):], rest
P
wait $holder || true

# A run that waits can be stopped, and waits no longer.
rm -f hold.events
zpl run hold.zpl --events >hold.events &
holder=$!
wait_for 20 grep -q '"status":"running"' hold.events
sed -i 's/{ 1, res/{ 77, res/' wait.zpl
rm -f wait.events
zpl run wait.zpl --jobs 1 --events >wait.events &
waiter=$!
wait_for 20 grep -q "it waits for licence" wait.events
kill -INT $waiter
code=0
wait $waiter || code=$?
equal $code 130 "the exit code of a stopped run"
equal "$(grep -c '"status":"cancelled"' wait.events)" 3 "steps and run that were cancelled"
kill -9 $holder
wait $holder || true

# Items of a map take slots one by one, and a failed attempt gives its own back.
cat >map.zpl <<'Z'
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t)
  local items = {}
  for i = 1, t.n do items[i] = i end
  return items
end }
local once = step "once" {
  signature = "(n: Int) -> (out: Json)",
  command = { "sh", "once.sh", "$out", "$n" },
  resources = { licence = 1 }, retries = 2,
}
each(list { 5 }, function (n) once { n } end)
Z
cat >once.sh <<'S'
echo 1 >"$1"
S
expect 0 zpl run map.zpl --jobs 4
contains out "5 items"
sed -i 's/^echo/exit 3; echo/' once.sh
expect 1 zpl run map.zpl --jobs 4
