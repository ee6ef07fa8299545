# `each` over a list that a step returned: what runs is what a program runs in which the items are written
# out, in number, in digests and in what is known already; nested, skipped, failing, stopped.   Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3

printf 'x,y,late\n1,2,true\n2,3,false\n3,4,true\n4,5,false\n5,1,true\n6,2,true\n7,3,false\n8,9,true\n' >rows.csv
# program LIST: the same steps over the items of LIST, an expression
program() {
    cat <<Z
local p = params { n = 4, least = 0, bad = 0 }
local list = step "list" { signature = "(n: Int) -> (items: List(Int))",
  lua = function (t) local x = {} for i = 1, t.n do x[i] = i * 3 end return x end }
local part = step "part" { signature = "(k: Int, i: Int, bad: Int) -> (rows: Table {x: Int}, n: Int)",
  lua = function (t) assert(t.k ~= t.bad, "a bad item") return { x = { t.k, t.k * 2, t.i } }, t.k + 1 end }
local total = step "total" { signature = "(all: List(Int), most: Int) -> (sum: Int)",
  lua = function (t) local s = 0 for _, v in ipairs(t.all) do s = s + v end return s * 1000 + t.most end }
local data = csv.read "rows.csv"
local train, test = split { data, ratio = 0.6 }
local counts, trials = each($1, function (k, i)
  local rows, n = part { k, i = i, bad = p.bad, when = n }
  local more = sql [[ SELECT x + \$n AS y FROM rows ]]
  local sums = each(list { i }, function (j)
    local _, own = part { j, i = k, bad = p.bad, as = "inner" }
    each(list { i }, function (d) return part { d, i = n, bad = own, as = "third" } end)
    return own
  end)
  local model = xgboost.train { train, label = "late", rounds = i }
  local report = evaluate { model, test }
  return n, { model = model, loss = report.log_loss, k = k }
end)
total { counts, most = max(counts) }
local best = min(trials, "loss")
predict { best.model, test }
Z
}
program 'list { p.n }' | sed 's/, when = n }/ }/' >map.zpl
program '{ 3, 6, 9, 12 }' | sed 's/, when = n }/ }/' >written.zpl

zpl check map.zpl >/dev/null
ZPL_HOME=$PWD/one zpl run map.zpl --json >map.json
ZPL_HOME=$PWD/two zpl run written.zpl --json >written.json
cat >same.py <<'P'
import json, sqlite3, sys
mapped, written = (json.load(open(f))["steps"] for f in ("map.json", "written.json"))
made = {s["name"]: s["outputs"] for s in written}
for name in "total", "predict":
    ours = next(s for s in mapped if s["name"] == name)
    assert ours["outputs"] == made[name], (name, ours, made[name])
# every step of an item has a row under the name that it has when the items are written out
rows = lambda home: {(n, d) for n, d in sqlite3.connect(home + "/zpl.db").execute(
    "SELECT steps.name, outputs.digest FROM steps JOIN outputs ON outputs.step = steps.id WHERE steps.step != 'list'") if "[" in n}
one, two = rows("one"), rows("two")
keys = lambda home: {k for k, in sqlite3.connect(home + "/zpl.db").execute("SELECT key FROM steps WHERE step != 'list'")}
assert keys("one") == keys("two"), keys("one") ^ keys("two")
assert {d for _, d in one} == {d for _, d in two}
counts = {s["name"]: s["items"] for s in mapped if "items" in s}
assert counts["part[*]"] == {"ran": 4}, counts
print("%d rows of items, %d keys" % (len(one), len(keys("one"))))
P
python3 same.py

# nothing is computed again, by plan and by run; one item more is one item's work
export ZPL_HOME="$PWD/one"
zpl plan map.zpl --json >plan.json
zpl run map.zpl --json >again.json
zpl run map.zpl --n 5 --json >more.json
python3 - <<'P'
import json
load = lambda f: {s["name"]: s for s in json.load(open(f))["steps"]}
plan, again, more = load("plan.json"), load("again.json"), load("more.json")
for name in plan:
    assert plan[name]["status"] == again[name]["status"] == "cached", (plan[name], again[name])
    assert plan[name].get("items") == again[name].get("items")
assert more["part[*]"]["items"] == {"ran": 1, "cached": 4}, more["part[*]"]
assert more["xgboost.train[*]"]["items"] == {"ran": 1, "cached": 4}
P

# an item that fails stops what needs all of them, and nothing else
expect 1 zpl run map.zpl --bad 9 --json
python3 - <<'P'
import json
steps = {s["name"]: s for s in json.load(open("out"))["steps"]}
assert steps["part[*]"]["items"] == {"cached": 0, "failed": 1, "ran": 3} or steps["part[*]"]["items"] == {"failed": 1, "ran": 3}
assert steps["evaluate[*]"]["status"] == "cached" and steps["total"]["status"] == "cancelled" and steps["predict"]["status"] == "cached", steps
P
contains err "step part[3] failed"
run zpl run map.zpl --bad 0
equal "$code" 0

# no item, and a list that is not there
zpl run map.zpl --n 0 --json >none.json 2>err || true
python3 -c 'import json; steps = {s["name"]: s["status"] for s in json.load(open("none.json"))["steps"]}; assert steps["part[*]"] == "skipped", steps'
contains err "most of step total"

# a condition may be about what all items made: a deployment tells what it was decided by, of every item
cat >gate.zpl <<'Z'
local list = step "list" { signature = "(n: Int) -> (items: List(Int))",
  lua = function (t) local x = {} for i = 1, t.n do x[i] = i end return x end }
local data = csv.read "rows.csv"
local train, test = split { data, ratio = 0.6 }
local base = xgboost.train { train, label = "late", as = "base" }
local never = evaluate { base, test, as = "never", when = drift { train, test }.share > 9 }
local reports, inner = each(list { 3 }, function (k)
  local model = xgboost.train { train, label = "late", rounds = k }
  local reports = each(list { k, as = "more" }, function (j)
    return evaluate { xgboost.train { train, label = "late", rounds = j, as = "small" }, test, as = "judge" }
  end)
  deploy { model, name = "item", as = "each", when = mean(reports).rows > 0 }
  return evaluate { model, test, when = k > 1 }, mean(reports).log_loss
end)
deploy { base, name = "gate", when = max(reports, "auc").auc >= 0 and mean(reports).log_loss >= 0
  and min(inner) >= 0 and coalesce(never.auc, 1) > 0 }
Z
export ZPL_HOME="$PWD/three"
expect 0 zpl run gate.zpl --json
python3 - <<'P'
import glob, json, sqlite3
# of steps that make the same whichever was first ran: all are told by their last number
reports = json.load(open("three/deployments/gate/latest/manifest.json"))["reports"]
made = {n.split("[")[-1]: json.loads(v) for n, v in sqlite3.connect("three/zpl.db").execute(
    "SELECT steps.name, outputs.value FROM steps JOIN outputs ON outputs.step = steps.id "
    "JOIN runs ON runs.id = steps.run WHERE runs.pipeline = 'gate' AND steps.step = 'evaluate'")}
assert reports["evaluate[*]"] == [None] + [{f: made["%d]" % i][f] for f in ("auc", "log_loss")} for i in (2, 3)], reports
assert len(reports["judge[*][*]"]) == 3 and "never" not in reports, reports
item = json.load(open("three/deployments/item/latest/manifest.json"))["reports"]
(name, rows), = item.items()
assert name.startswith("judge[") and name.endswith("][*]") and set(map(str, rows)) == {"{'rows': %d}" % made["2]"]["rows"]}, item
P

# reports and records are values: a step takes a list of them, `each` maps over it, and fields have fields
cat >records.zpl <<'Z'
local list = step "list" { signature = "() -> (all: List(Record {a: Int, in: Record {z: Float}}), one: Record {in: Record {z: Float}})",
  lua = function (t) return { { a = 1, ["in"] = { z = 2 } }, { a = 2, ["in"] = { z = 0.5 } } }, { ["in"] = { z = 8 } } end }
local add = step "add" { signature = "(a: Int, z: Float, all: Record {a: Int, ...}) -> (n: Float, r: Report {s: Float, n: Int})",
  lua = function (t) return t.a + t.z + t.all.a, { s = t.z, n = t.a } end }
local join = step "join" { signature = "(all: List(Report {s: Float}), one: Report {s: Float, ...}) -> (n: Float)",
  lua = function (t) local s = t.one.s for _, r in ipairs(t.all) do s = s * 10 + r.s end return s end }
local shell = step "shell" { signature = "(one: Report {s: Float, ...}) -> (n: Float)", command = { "sh", "-c", "sed 's/.*\"s\"://; s/}.*//' $one >$n" } }
local all, one = list {}
local sums, reports = each(all, function (item) return add { item.a, z = item["in"].z, all = item } end)
local twice = each(reports, function (r, i) return join { reports, r, when = r.n > 1 or i == 1 }, shell { max(reports, "s") } end)
add { 7, z = one["in"].z, all = { a = 1 }, as = "last" }
Z
expect 0 zpl run records.zpl --json
python3 - <<'P'
import sqlite3
made = {(n, o): v for n, o, v in sqlite3.connect("three/zpl.db").execute(
    "SELECT steps.name, outputs.name, outputs.value FROM steps JOIN outputs ON outputs.step = steps.id "
    "JOIN runs ON runs.id = steps.run WHERE runs.pipeline = 'records'")}
values = {n: float(v) for (n, o), v in made.items() if o == "n"}
all = [(1, 2.0), (2, 0.5)]
assert [values["add[%d]" % i] for i in (1, 2)] == [a + z + a for a, z in all], values
for i, (a, z) in enumerate(all, 1):
    s = z
    for _, other in all:
        s = s * 10 + other
    assert values["join[%d]" % i] == s, (i, values)
assert values["last"] == 7 + 8.0 + 1 and {v for n, v in values.items() if n.startswith("shell")} == {2.0}, values
P

# a function that calls no step, or only in a map inside
cat >empty.zpl <<'Z'
local list = step "list" { signature = "(n: Int) -> (items: List(Int))", lua = function (t) local x = {} for i = 1, t.n do x[i] = i * 5 end return x end }
local total = step "total" { signature = "(all: List(Int)) -> (sum: Int)", lua = function (t) local s = 0 for _, v in ipairs(t.all) do s = s * 100 + v end return s end }
local items = list { 4 }
local same, numbers, tops = each(items, function (k, i)
  local inner, other = each(items, function (j) return j, k end)
  return k, i, max(inner)
end)
total { same, as = "same" }
total { numbers, as = "numbers" }
total { tops, as = "tops" }
Z
expect 0 zpl run empty.zpl --json
equal "$(json out "[s['outputs']['sum']['value'] for s in j['steps'][1:]]")" "[5101520, 1020304, 20202020]"
