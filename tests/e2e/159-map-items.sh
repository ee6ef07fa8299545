# One item of a map by its name: shown, exported, followed to what it is made of, asked why; run alone, or
# again with what depends on it.  What is not named stays as it is.   Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3

cat >map.zpl <<'Z'
local p = params { n = 3, bad = 0 }
local list = step "list" { signature = "(n: Int) -> (items: List(Int))",
  lua = function (t) local o = {} for i = 1, t.n do o[i] = i * 10 end return o end }
local say = step "say" { signature = "(k: Int, bad: Int = 0) -> (v: Int)",
  command = { "sh", "-c", "echo said $k; test $k != $bad && echo $k >$v" } }
local more = step "more" { signature = "(k: Int) -> (v: Int, r: Report {k: Int})",
  lua = function (t) return t.k + 1, { k = t.k } end }
local count = step "count" { signature = "(all: List(Int)) -> (n: Int)", lua = function (t) return #t.all end }
local nums = step "nums" { signature = "(n: Int) -> (items: List(Int))",
  lua = function (t) local o = {} for i = 1, t.n do o[i] = t.n * 100 + i end return o end }
local items = list { p.n }
local all = each(items, function (k, i)
  local said = say { k, bad = p.bad }
  local v, r = more { said }
  more { i, as = "beside" }
  local inner = nums { i, as = "inner" }
  each(inner, function (j) return more { j, as = "deep" } end)
  return v
end)
count { all }
Z
ran() { json out "{s['name']: s['items'].get('ran', 0) if 'items' in s else int(s['status'] == 'ran') for s in j['steps']}"; }

# nothing but what is named, with what it needs; then nothing again but what depends on it
expect 0 zpl run map.zpl --only 'more[2]' --json
equal "$(ran)" '{"list": 1, "more[*]": 1, "say[*]": 1}'
expect 0 zpl run map.zpl --only 'deep[3][2]' --json
equal "$(ran)" '{"deep[*][*]": 1, "inner[*]": 1, "list": 0}'
expect 0 zpl run map.zpl --only 'say[*]' --json
equal "$(ran)" '{"list": 0, "say[*]": 2}'
expect 0 zpl run map.zpl --json
equal "$(json out "{s['name']: s['items'] for s in j['steps'] if 'items' in s}['more[*]']")" '{"cached": 1, "ran": 2}'
again() { # again STEP RAN: from it
    expect 0 zpl run map.zpl --from "$1" --json
    equal "$(json out "sorted((s['name'], s['items']['ran'] if 'items' in s else 1) for s in j['steps'] if s['status'] == 'ran')")" "$2" "what --from $1 ran"
}
again 'more[2]' '[["count", 1], ["more[*]", 1]]'
again 'more[*]' '[["count", 1], ["more[*]", 3]]'
again 'say[1]' '[["count", 1], ["more[*]", 1], ["say[*]", 1]]'
again 'beside[*]' '[["beside[*]", 3]]'
again 'inner[2]' '[["deep[*][*]", 1], ["inner[*]", 1]]'
again 'deep[3][*]' '[["deep[*][*]", 1]]'
# an item that is not there is no run where the list is known already; otherwise a run finds it out
runs() { zpl runs --limit 100 | wc -l; }
before=$(runs)
for item in '--only more[9]' '--from more[9]' '--only deep[2][3]' '--from deep[2][3]'; do
    expect 2 zpl run map.zpl $item
    contains err "there is no item"
    equal "$(grep -c 'there is no item' err)" 1
done
contains err "it has items 1 … 2"
equal "$(runs)" "$before" "the number of runs"
expect 0 zpl run map.zpl --from 'deep[3][3]' --json
equal "$(json out "sorted((s['name'], s['items']['ran'] if 'items' in s else 1) for s in j['steps'] if s['status'] == 'ran')")" '[["deep[*][*]", 1]]'
expect 2 zpl run map.zpl --n 6 --only 'more[9]'
contains err "it has items 1 … 6"
expect 2 zpl run map.zpl --only 'mor[1]'
contains err "did you mean 'more[*]'?"

# a run keeps which step did what for each item
expect 0 zpl run map.zpl --n 4 --json
cp out run.json
lacks run.json made
run=$(json run.json "j['run']")
for name in 'more[2]' 'more[4]' 'deep[3][2]' 'deep[4][4]'; do
    expect 0 zpl show "last/$name" --json
    equal "$(json out "j['name']")" "$name"
    python3 - "$name" >k <<'P'
import json, re, sys
step = json.load(open("out"))
at = [int(n) for n in re.findall(r"\d+", sys.argv[1])]
k = at[0] * 10 if len(at) == 1 else at[0] * 100 + at[1]
assert step["outputs"]["r"]["value"] == {"k": k} and step["outputs"]["v"]["value"] == k + 1, step
assert step["status"] == ("ran" if at[0] == 4 else "cached"), step
print(k)
P
    expect 0 zpl export "last/$name/r" one.json --force
    equal "$(json one.json "j['k']")" "$(cat k)"
    expect 0 zpl lineage "last/$name/r"
    contains out "made by more in run"
done
expect 0 zpl show 'last/more[2]/r'
contains out "k      20"
expect 0 zpl show 'last/more[*]'
contains out "of one item: zpl show '$run/more[1]'"
lacks out "more of them"

# all items: each with what it made, and the figures of all
expect 0 zpl show 'last/more[*]' --json
cp out each.json
expect 0 zpl show 'last/more[*]' --rows 2
contains out "  more of them: zpl show '$run/more[*]' --rows 4"
python3 - <<'P'
import json
each = json.load(open("each.json"))["each"]
rows = open("out").read().splitlines()
assert [e["name"] for e in each] == ["more[%d]" % i for i in (1, 2, 3, 4)], each
values = [e["outputs"]["r"]["value"] for e in each]
for e in each[:2]:
    fields = "  ".join("%s %.4g" % (k, v) for k, v in e["outputs"]["r"]["value"].items())
    assert any(r.split()[:2] == [e["status"], e["name"]] and ("r %s; v %d" % (fields, e["outputs"]["v"]["value"])) in r for r in rows), (e, rows)
assert not any(each[2]["name"] in r for r in rows), rows
k = [v["k"] for v in values]
figures = "k %.4g … %.4g, mean %.4g" % (min(k), max(k), sum(k) / len(k))
assert any("4 items" in r and figures in r for r in rows), (figures, rows)
open("figures", "w").write(figures)
P
expect 0 zpl show last
contains out "$(cat figures)"
expect 0 zpl show last --html each.html
contains each.html "$(cat figures)"
contains each.html "<td>more[4]</td>"
expect 0 zpl show 'last/deep[*][*]' --json
equal "$(json out "[e['name'] for e in j['each']][:3]")" '["deep[1][1]", "deep[2][1]", "deep[2][2]"]'
for command in "export last/more[*]/r all.json" "export last/more[*] all.json" "lineage last/more[*]/r"; do
    expect 2 zpl $command
    contains err "'more[*]' is all items of an \`each\`"
    contains err "name one: '$run/more[1]/"
done
expect 2 zpl show 'last/more[5]'
contains err "it has items 1 … 4"
expect 2 zpl show 'last/deep[3][4]'
contains err "it has items 1 … 3"
expect 2 zpl show 'last/mroe[2]'
contains err "did you mean $run/more[*]?"

# logs: of an item that ran, that was cached, that failed
expect 0 zpl logs 'last/say[4]'
equal "$(cat out)" "said 40"
expect 0 zpl logs 'last/say[2]'
contains out "say[2] did not run in run $run (cached); it ran in run 1: zpl logs '1/say[2]'"
expect 0 zpl logs '1/say[2]'
equal "$(cat out)" "said 20"
expect 1 zpl run map.zpl --n 4 --bad 30
expect 0 zpl logs 'last/say[3]'
equal "$(cat out)" "error: 'sh' ended with exit code 1
said 30"
expect 0 zpl logs last
contains out "== say[3] (failed)"
lacks out "== say[2]"
expect 0 zpl logs 'last/say[*]'
equal "$(grep -c '^said' out)" 4
expect 0 zpl show last --json
failed=$(json out "j['run']")
expect 0 zpl show last
contains out "    4 items: 3 ran, 1 failed"
contains out "    say[3] failed: 'sh' ended with exit code 1; zpl show '$failed/say[3]'"
expect 0 zpl show last --html failed.html
contains failed.html "4 items: 3 ran, 1 failed"
contains failed.html "say[3] failed: "
expect 0 zpl show 'last/say[3]' --json
equal "$(json out "j['status'], j['error']")" "[\"failed\", \"'sh' ended with exit code 1\"]"
expect 0 zpl show 'last/more[3]' --json
equal "$(json out "j['status']")" cancelled

# why: of one item
expect 0 zpl why map.zpl 'say[2]'
contains out "say[2] is cached"
expect 0 zpl why map.zpl 'say[2]' --bad 20 --json
equal "$(json out "j['step'], j['status'], j['reasons']")" '["say[2]", "would_run", ["bad: 30 \u2192 20"]]'
# a run tells the figures of what is gathered
expect 0 zpl run map.zpl
grep -qE '^  cached +more\[\*\] +3 items; v 11 … 31, mean 21$' out || fail "figures in a run: $(cat out)"
expect 0 zpl run map.zpl
contains out "3 items; v 11 … 31, mean 21"
# what they took the last time is told of those that would run, together
expect 0 zpl plan map.zpl --bad 20
grep -qE '^  would run say\[\*\] +~[0-9.]+ m?s +3 items$' out || fail "what the items took: $(cat out)"
contains out "last time they took"
expect 0 zpl plan map.zpl --n 5
contains out ", without the items of an \`each\` whose list is not known"
# of all items: the first that would run tells why, and all together never "for the first time"
expect 0 zpl why map.zpl 'say[*]' --bad 20
equal "$(cat out)" "say[*]: 3 items; the first of them:
say[1] would run; since run $(sed -n 's/^say.1. would run; since run \([0-9]*\):/\1/p' out):
  bad: 30 → 20"
expect 0 zpl why map.zpl 'more[*]' --bad 20
contains out "more[1]: until say[1] has run"
expect 0 zpl why map.zpl 'deep[*][*]'
contains out "deep[*][*] is cached"
expect 0 zpl why map.zpl 'more[3]' --bad 30
contains out "more[3]: until say[3] has run"
expect 2 zpl why map.zpl 'say[9]'
contains err "it has items 1 … 3"


# of a step that has only failed so far
sed 's/test $k != $bad/false/' map.zpl >fail.zpl
expect 0 zpl why fail.zpl 'say[2]'
contains out "first time in this pipeline"
expect 1 zpl run fail.zpl --json
equal "$(grep -c 'step say.*failed' err)" 1 "how often the same failure is told"
grep -qE 'note: the same of say\[[123]\], say\[[123]\]$' err || fail "of the others nothing is said"
failed=$(json out "j['run']")
expect 0 zpl why fail.zpl 'say[2]'
contains out "it failed in run $failed"

# the page draws what a map is over: each step inside hangs below the step of its list
expect 0 zpl show last --html page.html
expect 0 zpl graph map.zpl --format json
python3 - <<'P'
import json, re
g = json.load(open("out"))
def refs(v):
    if isinstance(v, dict):
        return {v["ref"][0]} if "ref" in v else set().union(*map(refs, v.values()))
    return set().union(*map(refs, v)) if isinstance(v, list) else set()
edges = set()
for i, node in enumerate(g["nodes"]):
    over = g["maps"][node["map"]]["over"] if "map" in node else None
    for part in node.get("arguments"), node.get("when"), over:
        edges |= {(n, i) for n in refs(part)}
drawn = len(re.findall(r'<path class="edge', open("page.html").read()))
assert drawn == len(edges) and any(g["nodes"][b]["name"] == "deep[*][*]" for a, b in edges), (drawn, sorted(edges))
P

# two runs: items that came, items that became something else
zpl run map.zpl --n 3 >/dev/null
zpl run map.zpl --n 4 >/dev/null
expect 0 zpl diff --json
equal "$(json out "{s['name']: [s['change'], s['reasons'], s['duration_ms']] for s in j['steps']}['more[*]']")" '["changed", ["items: 3 \u2192 4"], [null, null]]'
expect 0 zpl diff
contains out "    r: of all items"
grep -qE '^      mean k +20 +25 +\+5$' out || fail "the means of what the items made: $(cat out)"
grep -qx '  more\[\*\] changed: [a-z →]*' out || fail "a time is told of all items"
zpl run map.zpl --n 4 --bad 99 >/dev/null
expect 0 zpl diff --json
equal "$(json out "{s['name']: [s['change'], s['reasons']] for s in j['steps']}['say[*]']")" '["changed", ["of 4 items that both have 4 differ"]]'
equal "$(json out "{s['name']: s['change'] for s in j['steps']}['more[*]']")" same

# a log that gc took is told as such
expect 0 zpl run map.zpl --n 4 --from count --json
last=$(json out "j['run']")
expect 0 zpl gc --keep 1
expect 0 zpl logs "$run/count"
contains out "count ran in run $run, and its log was removed with \`zpl gc\`; the same ran in run $last: zpl logs $last/count"

# what a kept run found done for an item stays, whichever pipeline did it
cat >first.zpl <<'Z'
local list = step "list" { signature = "() -> (items: List(Int))", lua = function (t) return { 1, 2 } end }
local own = step "own" { signature = "(k: Int) -> (rows: Table {k: Int})", lua = function (t) return { k = { t.k, 77 } } end }
local items = list {}
each(items, function (k) own { k } end)
Z
cp first.zpl second.zpl
zpl run first.zpl >/dev/null
expect 0 zpl run second.zpl --json
equal "$(json out "[s['status'] for s in j['steps']]")" '["cached", "cached"]'
kept=$(json out "j['run']")
echo 'csv.read "rows.csv"' >first.zpl
echo 'a' >rows.csv && echo '1' >>rows.csv
zpl run first.zpl >/dev/null
expect 0 zpl gc --keep 1
expect 0 zpl show "$kept/own[2]" --json
equal "$(json out "j['outputs']['rows']['rows']")" 2
expect 0 zpl run second.zpl --json
equal "$(json out "[s['status'] for s in j['steps']]")" '["cached", "cached"]'

# one item is followed while it runs
cat >slow.zpl <<'Z'
local list = step "list" { signature = "() -> (items: List(Int))", lua = function (t) return { 1, 2, 3 } end }
local slow = step "slow" { signature = "(k: Int) -> (v: Int)", command = { "sh", "-c", "echo begun $k; while [ ! -e go ]; do sleep 0.05; done; echo ended $k; echo $k >$v" } }
local items = list {}
each(items, function (k) return slow { k } end)
Z
zpl run slow.zpl --jobs 2 >slow.out 2>&1 &
pid=$!
wait_for 10 sh -c "zpl runs | grep -q running"
zpl logs -f 'last/slow[2]' >followed 2>&1 &
follower=$!
wait_for 10 grep -q "begun 2" followed
zpl logs -f last >all 2>&1 &
all=$!
zpl logs -f 'last/slow[*]' >items 2>&1 &
items=$!
wait_for 10 grep -q "slow\[2\]: begun 2" all
wait_for 10 grep -q "slow\[1\]: begun 1" items
expect 0 zpl logs last
contains out "== list (ran)"
touch go
wait $pid
wait $follower
equal "$(cat followed)" "begun 2
ended 2"
# each line of every item, one that was too quick to be seen running too
wait $all
wait $items
want=$(for k in 1 2 3; do printf 'slow[%d]: begun %d\nslow[%d]: ended %d\n' $k $k $k $k; done)
equal "$(sort all)" "$want"
equal "$(sort items)" "$want"

# after Ctrl-C: what ran is told, what did not is not
rm go
sed 's/{ 1, 2, 3 }/{ 1, 2, 3, 4, 5 }/; s/while \[ ! -e go \]/while [ $k = 3 ]/' slow.zpl >stopped.zpl
zpl run stopped.zpl --jobs 1 >slow.out 2>&1 &
pid=$!
wait_for 10 sh -c "grep -qs 'begun 3' .zpl/scratch/*/log-*"
kill -INT $pid
wait $pid && fail "a run that was interrupted ended with 0"
expect 0 zpl show last --json
stopped=$(json out "j['run']")
expect 0 zpl show last
contains out "    5 items: 2 ran, 3 cancelled"
expect 0 zpl logs last
contains out "5 items: 2 ran, 3 cancelled, which have logs of their own: zpl logs '$stopped/slow[*]'"
expect 0 zpl logs 'last/slow[*]'
contains out "ended 2"
lacks out "begun 3"

# of one that was killed there is no plan: what has ended is there all the same
zpl run stopped.zpl --jobs 1 --no-cache >slow.out 2>&1 &
pid=$!
wait_for 10 sh -c "grep -qs 'begun 3' .zpl/scratch/*/log-*"
kill -9 $pid
wait $pid 2>/dev/null && fail "a run that was killed ended with 0"
expect 0 zpl logs last
equal "$(grep '^==' out)" "== list (ran)
== slow[1] (ran)
== slow[2] (ran)"
expect 0 zpl logs 'last/slow[*]'
equal "$(cat out)" "== slow[1] (ran)
begun 1
ended 1
== slow[2] (ran)
begun 2
ended 2"
