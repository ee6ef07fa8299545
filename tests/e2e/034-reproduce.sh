# `zpl reproduce`: a run done again from what it recorded.  Only the step that is not deterministic is named,
# what can't be done again says why, choices are those of the run, and the store stays as it was.      Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3 sqlite3

state() { # what the store holds of runs, steps and artifacts
    sqlite3 .zpl/zpl.db "SELECT count(*), max(id) FROM runs; SELECT count(*), max(id) FROM steps;
        SELECT digest FROM outputs ORDER BY id; SELECT digest FROM texts ORDER BY digest"
    find .zpl/objects .zpl/deployments -type f 2>/dev/null | LC_ALL=C sort
}
empty() { # nothing is left in scratch
    equal "$(find .zpl/scratch -type f ! -name guard)" "" "what is left in scratch"
}
again() { # again CODE RUN: the answer in ./out, and the store is as it was
    state >before
    expect "$1" zpl reproduce "$2" --json
    state >after
    same_file after before
    empty
}
# is STEP STATUS [WHY]: what the answer says of it
is() {
    equal "$(status_of out "$1")" "$2" "the status of $1"
    [ -z "${3:-}" ] || json out "[s['why'] for s in j['steps'] if s['name'] == '$1'][0]" | grep -qF -- "$3" ||
        fail "$1: $(json out "[s['why'] for s in j['steps'] if s['name'] == '$1'][0]"), not '$3'"
}

# mistakes
expect 2 zpl reproduce
contains err "nothing has run"
[ ! -e .zpl ] || fail "a store was made"

# every step of a run that ran, and of one that found all of it
demo
sed -i 's|data/flights-3m.parquet|flights.csv|; s/parquet.read/csv.read/; s/rounds = 100/rounds = 3/; s/^local report/& , more/; s/local report , more/local report/' delays.zpl
flights flights.csv 900
expect 0 zpl run delays.zpl --min_auc 0
again 0 1
equal "$(json out "sorted({s['status'] for s in j['steps']})")" '["effect", "same"]'
is deploy effect
equal "$(json out "j['reproduced'], j['run'], j['version']")" '[true, 1, 1]'
python3 - <<'P'
import json, subprocess
then = {s["name"]: s["outputs"] for s in json.loads(subprocess.check_output(["zpl", "show", "1", "--json"]))["steps"]}
for s in json.load(open("out"))["steps"]:
    for o in s["outputs"]:
        assert o["same"] and o["digests"] == [then[s["name"]][o["name"]]["digest"]] * 2, (s, o)
    assert s["name"] == "deploy" or {o["name"] for o in s["outputs"]} == set(then[s["name"]]), s
P
expect 0 zpl run delays.zpl --min_auc 0
again 0 2
expect 0 zpl reproduce
contains out "run 2 reproduced in"
contains out "same      xgboost.train"
expect 2 zpl reproduce 7
contains err "there is no run 7"
expect 2 zpl reproduce 1/split
contains err "whole runs are done again"
expect 2 zpl reproduce lst
contains err "'lst' is no run"
contains err 'did you mean `last`?'
expect 0 zpl help reproduce
contains out "usage: zpl reproduce [RUN]"

# a source that changed, one that is gone: named with its digests; what reads its rows goes on
cp flights.csv kept.csv
then=$(sha256sum <flights.csv | cut -c 1-64)
flights flights.csv 901
now=$(sha256sum <flights.csv | cut -c 1-64)
again 1 1
is csv.read impossible "flights.csv has changed: $(echo "$then" | cut -c 1-12) then, $(echo "$now" | cut -c 1-12) now"
equal "$(json out "[s['sources'] for s in j['steps'] if s['name'] == 'csv.read'][0]")" \
    "[{\"digests\": [\"$then\", \"$now\"], \"path\": \"flights.csv\"}]"
for step in sql split xgboost.train evaluate drift; do is $step same; done
rm flights.csv
again 1 1
is csv.read impossible flights.csv
is sql same
mv kept.csv flights.csv
again 0 1

# a step that is not deterministic is named, with column, row and field, and not the steps behind it
mkdir -p chance && cd chance
cat >noise.sh <<'S'
printf 'id,x\n1,7\n2,%s\n' "$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')" >"$1"
echo '{"k": 1, "n": '"$(od -An -N6 -tu8 /dev/urandom)"'}' >"$2"
S
cat >chance.zpl <<'Z'
local noise = step "noise" { signature = "() -> (rows: Table {id: Int, x: Int}, r: Report {n: Int, k: Int})",
  command = { "sh", "noise.sh", "$rows.csv", "$r" } }
local rows, r = noise {}
local sums = sql [[ SELECT sum(x) AS s FROM rows ]]
local fresh = step "fresh" { signature = "() -> (n: Int)", cache = false,
  command = { "sh", "-c", "echo 5 > $$0", "$n" } }
fresh {}
local add = step "add" { signature = "(s: Table {s: Int}, n: Int) -> (v: Int)", lua = function (t) return t.s.s[1] + t.n end }
add { sums, n = r.n }
Z
expect 0 zpl run chance.zpl
again 1 1
is noise differs
for step in sql fresh add; do is $step same; done
python3 - <<'P'
import json
j = json.load(open("out"))
noise = next(s for s in j["steps"] if s["name"] == "noise")
rows, r = noise["outputs"]
assert not j["reproduced"] and not rows["same"] and not r["same"], noise
assert rows["columns"] == {"added": [], "removed": [], "changed": ["x"]}, rows
first = rows["first"]
assert first["row"] == 2 and [v["name"] for v in first["values"]] == ["x"], first
a, b = first["values"][0]["values"]
assert a != b
fields = {f["name"]: f["values"] for f in r["fields"]}
assert fields["k"] == [1, 1] and fields["n"][0] != fields["n"][1], fields
P
expect 1 zpl reproduce
contains out "noise/rows: 2 rows"
contains out "other content in column x"
contains out "row 2: x "
contains out "run 1 not reproduced in"
# two runs of one key that made different things: each is held to its own
expect 0 zpl run chance.zpl --no-cache
expect 0 zpl run chance.zpl
for n in 1 2 3; do
    expect 0 zpl show $n --json
    cp out run$n.json
    again 1 $n
    python3 - $n <<'P'
import json, sys
of = lambda j: next(s for s in j["steps"] if s["name"] == "noise")["outputs"]
then = of(json.load(open(f"run{sys.argv[1]}.json")))
for o in of(json.load(open("out"))):
    assert o["digests"][0] == then[o["name"]]["digest"], o
P
    for step in sql fresh add; do is $step same; done
done
cd ..

# decisions: `when`, coalesce, max and the items of `each` follow from what was recorded, though chance made it
mkdir -p decisions && cd decisions
cat >coin.sh <<'S'
echo $((($(od -An -N4 -tu4 /dev/urandom) + $2 + $3) % 1000000)) >"$1"
S
cat >decisions.zpl <<'Z'
local p = params { flip = 0 }
local coin = step "coin" { signature = "(flip: Int, i: Int) -> (n: Int)", command = { "sh", "coin.sh", "$n", "$flip", "$i" } }
local a, b = coin { flip = p.flip, i = 1 }, coin { flip = p.flip, i = 2 }
local say = step "say" { signature = "(n: Int) -> (v: Int)", lua = function (t) return t.n end }
local low  = say { a, when = a < b, as = "low" }
local high = say { b, when = not (a < b), as = "high" }
local one = say { coalesce(low, high), as = "one" }
local top = say { max { a, b }, as = "top" }
local list = step "list" { signature = "(n: Int) -> (items: List(Int))",
  lua = function (t) local x = {} for i = 1, 2 + t.n % 4 do x[i] = i end return x end }
local all = each(list { a }, function (k) return say { k, as = "item", when = k ~= 2 } end)
local sum = step "sum" { signature = "(all: List(Int)) -> (s: Int)",
  lua = function (t) local s = 0 for _, v in ipairs(t.all) do s = s + v end return s end }
sum { all }
Z
for flip in 1 2 3 4; do
    expect 0 zpl run decisions.zpl --flip $flip --json
    cp out run.json
    again 1 "$flip"
    python3 - <<'P'
import json
then = {s["name"]: s for s in json.load(open("run.json"))["steps"]}
now = {s["name"]: s for s in json.load(open("out"))["steps"]}
assert set(then) == set(now), set(then) ^ set(now)
for name, s in now.items():
    if name.startswith("coin"):
        assert s["status"] == "differs", s
    elif then[name]["status"] == "skipped":
        assert s["status"] == "skipped" and not s.get("outputs"), s
    else:
        assert s["status"] == "same", s
assert then["low"]["status"] != then["high"]["status"]
count = lambda d: sum(d.values())
items, again = then["item[*]"]["items"], now["item[*]"]["items"]
assert count(items) == count(again) and items.get("skipped") == again.get("skipped") == 1, (items, again)
P
done
cd ..

# a run that took part of it from the store, a run of one step, one that failed
cat >part.zpl <<'Z'
local p = params { fail = false, k = 1 }
local rows = csv.read "flights.csv"
local few = sql [[ SELECT distance FROM rows ]]
local bad = step "bad" { signature = "(fail: Bool, k: Int) -> (n: Int)",
  lua = function (t) assert(not t.fail, "it was told to") return t.k end }
local n = bad { fail = p.fail, k = p.k }
local more = sql [[ SELECT distance + $n AS d FROM few ]]
Z
expect 0 zpl run part.zpl --only sql@few
again 0 last
equal "$(json out "[s['name'] for s in j['steps']]")" '["csv.read", "sql@few"]'
expect 1 zpl run part.zpl --fail
again 0 last
is bad undone "it failed in that run"
is sql@more undone
is sql@few same
expect 0 zpl run part.zpl --k 2
again 0 last
expect 0 zpl reproduce
contains out "4 same"

# gone artifacts: what read them is told, what made them is still held to its digest
digest=$(zpl show last/sql@few --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["outputs"]["rows"]["digest"])')
rm -f ".zpl/objects/$(echo "$digest" | cut -c 1-2)"/*"$(echo "$digest" | cut -c 3-)"*
again 1 last
is sql@few same
is sql@more impossible "what it read is not in the store any more: rows of sql@few"
# what doctor forgets, and gc takes
expect 0 zpl doctor --repair
again 1 last
is sql@few impossible "what it made is not in the store any more"
is sql@more impossible "it needs sql@few, of which nothing is kept"
expect 0 zpl gc --keep 1
expect 2 zpl reproduce 4
contains err "there is no run 4"

# zpl's own code is another by now: told, and the bytes are compared all the same
expect 0 zpl run part.zpl --k 2
key=$(zpl show last/sql@few --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])')
sqlite3 .zpl/zpl.db "UPDATE steps SET ingredients = replace(ingredients, '[\"engine\",\"engines\",\"', '[\"engine\",\"engines\",\"Older 1 '),
    key = '$(echo "$key" | tr 0-9a-f 1-9a-f0)' WHERE key = '$key';
    UPDATE pieces SET text = replace(text, '$key', '$(echo "$key" | tr 0-9a-f 1-9a-f0)')"
python3 "$ROOT/tests/e2e/reseal.py"
expect 0 zpl reproduce last --json
is sql@few same
json out "[s['code'] for s in j['steps'] if s['name'] == 'sql@few'][0][0]" | grep -q 'Older 1' || fail "$(cat out)"
expect 0 zpl reproduce last
contains out "though since then"

# killed midway, and interrupted, it leaves nothing
cat >slow.zpl <<'Z'
local slow = step "slow" { signature = "(t: String) -> (n: Int)", command = { "sh", "-c", "sleep $$1; echo 1 > $$0", "$n", "$t" } }
slow { "1" }
slow { "1.5" }
Z
expect 0 zpl run slow.zpl
state >before
for signal in KILL INT; do
    zpl reproduce >killed 2>&1 &
    wait_for 10 sh -c 'find .zpl/scratch -mindepth 2 | grep -q .'
    kill -$signal $!
    code=0
    wait $! || code=$?
    [ $signal = KILL ] || equal $code 130
    expect 0 zpl reproduce
    state >after
    same_file after before
    empty
done

# a step that fails now, after as many attempts as it has; the others go on
cat >hidden.zpl <<'Z'
local hidden = step "hidden" { signature = "() -> (n: Int)", retries = 1, command = { "sh", "-c", "cat ./hid*.txt > $$0", "$n" } }
local n = hidden {}
local twice = step "twice" { signature = "(n: Int) -> (m: Int)", lua = function (t) return t.n * 2 end }
twice { n }
Z
echo 3 >hidden.txt
expect 0 zpl run hidden.zpl
again 0 last
rm hidden.txt
again 1 last
is hidden failed
is twice same

# a run that was killed left no plan: what it finished is done again
cat >half.zpl <<'Z'
local first = sql [[ SELECT 1 AS x ]]
local slow = step "long" { signature = "(rows: Table {x: Int}) -> (n: Int)", command = { "sh", "-c", "sleep 4711; echo 1 > $$0", "$n" } }
slow { first }
Z
zpl run half.zpl >killed 2>&1 &
wait_for 10 grep -q 'ran *sql' killed
expect 2 zpl reproduce
contains err "still goes on"
kill -KILL $!
wait $! || true
again 0 last
is sql same
is long undone
