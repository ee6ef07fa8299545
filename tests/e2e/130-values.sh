# Values known at run time: a sweep by cross-validation picks what single runs say is best, folds share
# the rows out, coalesce takes what was not skipped, and plan and run agree on all of it.
. "$ROOT/tests/lib.sh"
flights flights.csv 3000
head='local flights = csv.read "flights.csv"
local dev = sql [[ SELECT hour(date) AS hour, distance, origin = $$SFO$$ AS sfo, delay > 15 AS late FROM flights ]]'
cat >sweep.zpl <<Z
$head
local trials = each(grid { max_depth = { 1, 3 }, eta = { 0.05, 0.5 } }, function (h)
  local reports = each(kfold { dev, k = 3, seed = 7, stratify = "late" }, function (fold)
    local model = xgboost.train { fold.train, label = "late", rounds = 4, max_depth = h.max_depth, eta = h.eta }
    return evaluate { model, fold.test }
  end)
  return { h = h, auc = mean(reports).auc }
end)
local best, worst = max(trials, "auc"), min(trials, "auc")
xgboost.train { dev, label = "late", rounds = 4, max_depth = best.h.max_depth, eta = best.h.eta, as = "best" }
xgboost.train { dev, label = "late", rounds = 4, max_depth = worst.h.max_depth, eta = worst.h.eta, as = "worst" }
Z
expect 0 zpl plan sweep.zpl --json
equal "$(json out "[s['status'] for s in j['steps'] if s['name'] == 'best'][0]")" unknown
expect 0 zpl run sweep.zpl --json
cp out sweep.json

# the same by hand: the mean of each trial, and the two models that belong to the best and the worst
cat >oracle.py <<'P'
import json
steps = {s["name"]: s for s in json.load(open("sweep.json"))["steps"]}
grid = [(d, e) for d in (1, 3) for e in (0.05, 0.5)]
def auc(t, f):
    outputs = steps[f"evaluate[{t}][{f}]"]["outputs"]["report"]
    return (outputs.get("value") or json.loads(outputs["json"]))["auc"]
means = [sum(auc(t, f) for f in (1, 2, 3)) / 3 for t in (1, 2, 3, 4)]
assert len(set(means)) > 1, means
for name, i in (("best", means.index(max(means))), ("worst", means.index(min(means)))):
    print(name, *grid[i], steps[name]["outputs"]["model"]["digest"])
P
python3 oracle.py >chosen
while read -r name depth eta digest; do
    cat >single.zpl <<Z
$head
xgboost.train { dev, label = "late", rounds = 4, max_depth = $depth, eta = $eta, as = "single" }
Z
    rm -rf alone && mkdir alone && cp flights.csv single.zpl alone
    expect 0 zpl run alone/single.zpl --json
    equal "$(json out "[s['outputs']['model']['digest'] for s in j['steps'] if s['name'] == 'single'][0]")" \
        "$digest" "the model of the $name trial"
done <chosen

expect 0 zpl run sweep.zpl --json
equal "$(json out "sorted(set(s['status'] for s in j['steps']))")" '["cached"]'

# a value that becomes known and is not what a step takes fails that step alone, told before and after
cat >late.zpl <<Z
$head
local report = evaluate { xgboost.train { dev, label = "late", rounds = 2 }, dev, as = "report", allow = { leak = { "test" } } }
local many = sql [[ SELECT * FROM dev CROSS JOIN range(3) ]]
local large = evaluate { xgboost.train { dev, label = "late", rounds = 2, as = "again" }, many, as = "large", allow = { leak = { "test" } } }
xgboost.train { dev, label = "late", rounds = large.rows, as = "impossible" }
xgboost.train { dev, label = "late", eta = report.auc, rounds = 2, as = "possible" }
Z
expect 1 zpl run late.zpl --json
equal "$(status_of out impossible)" failed
equal "$(status_of out possible)" ran
contains err "large.report.rows = 9000, which is above the maximum 5000"
expect 1 zpl plan late.zpl --json
equal "$(status_of out impossible)" failed
equal "$(status_of out possible)" cached

# every row is in the test part of one fold, and each fold has its share of each label
cat >folds.zpl <<'Z'
local rows = sql [[ SELECT i, i % 10 = 0 AS rare FROM range(1003) t(i) ]]
local folds = kfold { rows, k = 4, seed = 5, stratify = "rare" }
local a, b, c, d, rest = folds[1].test, folds[2].test, folds[3].test, folds[4].test, folds[2].train
local all = sql [[ SELECT count(*) AS n, count(DISTINCT i) AS distinct_n, sum(i) AS total
                   FROM (FROM a UNION ALL FROM b UNION ALL FROM c UNION ALL FROM d) ]]
local rest_of_b = sql [[ SELECT count(*) AS n FROM rest SEMI JOIN b USING (i) ]]
local shares = sql [[ SELECT max(n) - min(n) AS spread, max(r) - min(r) AS rare_spread FROM (
    SELECT count(*) AS n, count(*) FILTER (rare) AS r FROM a UNION ALL
    SELECT count(*), count(*) FILTER (rare) FROM b UNION ALL
    SELECT count(*), count(*) FILTER (rare) FROM c UNION ALL
    SELECT count(*), count(*) FILTER (rare) FROM d) ]]
local told = step "told" {
  signature = "(all: Table {n: Int, distinct_n: Int, total: Int}, none: Table {n: Int}, shares: Table {spread: Int, rare_spread: Int}) -> (report: Report {n: Int, distinct: Int, total: Int, both: Int, spread: Int, rare: Int})",
  lua = function (t)
    return { n = t.all.n[1], distinct = t.all.distinct_n[1], total = t.all.total[1], both = t.none.n[1],
             spread = t.shares.spread[1], rare = t.shares.rare_spread[1] }
  end,
}
told { all, rest_of_b, shares }
Z
expect 0 zpl run folds.zpl --json
report="[json.loads(o['json']) if 'json' in o else o['value'] for s in j['steps'] if s['name'] == 'told' for o in s['outputs'].values()][0]"
equal "$(json out "[r := $report, [r['n'], r['distinct'], r['total'], r['both']] == [1003, 1003, sum(range(1003)), 0]][1]")" true "whole and disjoint"
equal "$(json out "[r := $report, r['spread'] <= 2 and r['rare'] <= 1][1]")" true "equal shares"

# coalesce: what was skipped is passed over, in artifacts and in scalars; skipped when all are
cat >choice.zpl <<Z
local p = params { retrain = false, none = false }
$head
local champion = xgboost.train { dev, label = "late", rounds = 2, as = "champion", when = not p.none }
local report = evaluate { champion, dev, as = "old", allow = { leak = { "test" } } }
local challenger = xgboost.train { dev, label = "late", rounds = 3, as = "challenger", when = p.retrain }
local model = coalesce(challenger, champion)
local second = evaluate { challenger, dev, as = "second", allow = { leak = { "test" } } }
evaluate { model, dev, as = "chosen", allow = { leak = { "test" } } }
predict { model, dev, as = "scored", when = coalesce(second.auc, report.auc, 0.0) > 0.1 }
Z
for params in "" "--retrain" "--none" "--none --retrain"; do
    rm -rf .zpl
    expect 0 zpl run choice.zpl $params --json
    cp out run.json
    statuses="[s['status'] == 'skipped' for s in j['steps'] if s['name'] in ('chosen', 'scored')]"
    case $params in
    "--none") equal "$(json run.json "$statuses")" '[true, true]' "with $params" ;;
    *) equal "$(json run.json "$statuses")" '[false, false]' "with '$params'" ;;
    esac
    case $params in
    *retrain) from=challenger ;;
    *) from=champion ;;
    esac
    [ "$params" = --none ] || {
        expect 0 zpl lineage 1/chosen/report
        contains out "$from"
    }
    expect 0 zpl plan choice.zpl $params --json
    equal "$(json out "sorted(set(s['status'] for s in j['steps']) - {'skipped'})")" '["cached"]'
done

# lists that a step returned are reduced when they are known; the oracle is Python's
cat >lists.zpl <<'T'
local lists = step "lists" { signature = "() -> (k: List(Int), f: List(Float), e: List(Int), s: List(String))",
  lua = function () return { 3, 9, -4, 9 }, { 0.5, -1.5 }, {}, { "b", "a" } end }
local k, f, e, s = lists {}
local show = step "show" { signature = "(m: Float, x: Int, n: Float, y: String) -> (r: Record {m: Float, x: Int, n: Float, y: String})",
  lua = function (t) return { m = t.m, x = t.x, n = t.n, y = t.y } end }
show { m = mean(k), x = max(k), n = min(f), y = min(s), as = "all" }
show { m = 1.0, x = 1, n = 1.0, y = "", as = "big", when = mean(k) > max(k) }
T
expect 0 zpl run lists.zpl --json
equal "$(json out "[s['outputs']['r']['value'] for s in j['steps'] if s['name'] == 'all'][0]")" \
    "$(python3 -c 'import json, statistics as s; k = [3, 9, -4, 9]
print(json.dumps({"m": s.mean(k), "n": min(0.5, -1.5), "x": max(k), "y": min("b", "a")}, sort_keys=True))')"
equal "$(status_of out big)" skipped
echo 'show { m = mean(e), x = 1, n = 1.0, y = "", as = "none" }' >>lists.zpl
expect 1 zpl run lists.zpl
contains err "m of step none is mean(lists.e), which has no value"

# NaN and the infinities stay what they are, whoever gives them and whoever is given them; Python says which comparisons hold
printf 'x\n1\n' >rows.csv
cat >write.py <<'T'
import json, sys
json.dump({"nan": float("nan"), "up": float("inf"), "down": float("-inf"), "s": 'Na"N, NaN'}, open(sys.argv[1], "w"))
T
python3 - <<'T' >odd.zpl
print('''local rows = csv.read "rows.csv"
local R = Report { nan = Float, up = Float, down = Float, s = String }
local lua = step "lua" { signature = "(rows: Table {x: Int}) -> (r: R, l: List(Float))",
  lua = function (t) return { nan = 0/0, up = 1/0, down = -1/0, s = "Na\\"N, NaN" }, { 0/0, 1/0, 2, 0.5 } end }
local python = step "python" { signature = "(rows: Table {x: Int}) -> (r: R)", command = { "python3", "write.py", "$r" } }
local a, l = lua { rows }
local b = python { rows }
local again = step "again" { signature = "(r: R, l: List(Float)) -> (r: R, odd: Bool)",
  lua = function (t) return t.r, t.r.nan ~= t.r.nan and t.l[1] ~= t.l[1] and t.l[2] == math.huge end }
local c, odd = again { b, l }
local words = step "words" { signature = "(rows: Table {x: Int}, v: Float, l: List(Float)) -> (f: File)",
  command = { "python3", "-c", "import sys; open(sys.argv[1], 'w').write(sys.argv[2] + sys.argv[3])", "$f", "$v", "$l" } }
words { rows, v = a.nan, l = { 1.5, -1/0 } }
local nan, down = a.nan, c.down
local seen = sql [[ SELECT isnan($nan) AND $down = '-inf'::DOUBLE AS fine FROM rows ]]
local yes = step "yes" { signature = "(rows: Table {x: Int}) -> (n: Int)", lua = function (t) return 1 end }''')
for i, op in enumerate(["==", "~=", "<", "<=", ">", ">="]):
    for k, (x, y) in enumerate([("nan", "0.7"), ("nan", "a.nan"), ("up", "0.7"), ("down", "a.up")]):
        print(f'yes {{ rows, as = "w{i}{k}", when = a.{x} {op} {y} }}')
T
expect 0 zpl run odd.zpl --json
cp out run.json
equal "$(json run.json "[[s['outputs']['r']['value'] for s in j['steps'] if s['name'] == n][0] for n in ('lua', 'python', 'again')]")" \
    "$(python3 -c 'import json; print(json.dumps([{"nan": "NaN", "up": "Infinity", "down": "-Infinity", "s": "Na\"N, NaN"}] * 3, sort_keys=True))')"
equal "$(json run.json "[s['outputs'][o]['value'] for n, o in (('lua', 'l'), ('again', 'odd')) for s in j['steps'] if s['name'] == n]")" \
    '[["NaN", "Infinity", 2, 0.5], true]'
equal "$(json run.json "[s['status'] != 'skipped' for s in j['steps'] if s['name'][0] == 'w' and s['name'] != 'words']")" \
    "$(python3 -c 'import json, operator as o; n, i = float("nan"), float("inf")
print(json.dumps([op(x, y) for op in (o.eq, o.ne, o.lt, o.le, o.gt, o.ge) for x, y in ((n, 0.7), (n, n), (i, 0.7), (-i, i))]))')"
expect 0 zpl show last/sql/rows --json
equal "$(json out "j['preview']['head']")" '[[true]]'
expect 0 zpl export last/words/f words.txt
equal "$(cat words.txt)" 'NaN[1.5,"-Infinity"]'
expect 0 zpl show last/lua/r
contains out "nan    NaN"
expect 0 zpl run odd.zpl
contains out " cached"
lacks out " ran"
sed -i 's/float("nan")/0.25/' write.py
expect 0 zpl run odd.zpl
expect 0 zpl diff
contains out 'nan         NaN       0.25'
# a null is no Float, and a bare NaN no String
for pair in '"nan": null, "s": ""|nan' '"nan": 1, "s": NaN|s'; do
    printf '%s\n' "import sys; open(sys.argv[1], 'w').write('{\"up\": 1, \"down\": 1, ${pair%|*}}')" >write.py
    expect 1 zpl run odd.zpl
    contains err "output 'r' has a field '${pair#*|}' that is"
done
