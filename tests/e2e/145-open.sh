# Tables of which a step declares only some columns, or none: queries over them are told apart by what they say and by
# what the table holds, and give what Python gives.      Time limit: 120 s
. "$ROOT/tests/lib.sh"
need python3

# a generated table, of which only `a` is declared
python3 - <<'P'
import random
random.seed(11)
with open("ab.csv", "w") as f:
    f.write("a,b,c\n")
    for i in range(200):
        f.write(f"{random.randrange(50)},{random.randrange(9)}.5,w{random.randrange(4)}\n")
P
cat >open.zpl <<'T'
local made = step "made" { signature = "() -> (out: Table {a: Int, ...})", command = { "cp", "ab.csv", "$out.csv" } }
local t    = made {}
local one  = step "one" { signature = "(x: Table {n: Int}) -> (n: Int)", lua = function (t) return t.x.n[1] end }
local sums = step "sums" { signature = "(rows: Table {a: Int, ...}) -> (x: Table {n: Int})", sql = [[ SELECT sum(a) * 100 AS n FROM rows ]] }
local rows = sql [[ SELECT * FROM t WHERE a < 25 ]]
local few  = sql [[ SELECT count(*) AS n FROM rows ]]
local all  = sql [[ SELECT count(*) AS n FROM t ]]
one { all, as = "count" }
one { few, as = "below" }
one { sums { t }, as = "sum100" }
step "words" { signature = "(rows: Table {...}) -> (n: Int)", lua = function (t)
  local n = 0
  for i = 1, #t.rows.c do if t.rows.c[i] == "w1" then n = n + 1 end end
  return n
end } { rows }
T
check() { # check WHAT: the values of the run are what Python computes
    expect 0 zpl run open.zpl --json
    python3 - "$1" <<'P'
import csv, json, sys
rows = list(csv.DictReader(open("ab.csv")))
a = [int(r["a"]) for r in rows]
want = {"count": len(a), "below": sum(x < 25 for x in a), "sum100": 100 * sum(a),
        "words": sum(int(r["a"]) < 25 and r["c"] == "w1" for r in rows)}
steps = json.load(open("out"))["steps"]
got = {s["name"]: s["outputs"]["n"]["value"] for s in steps if s["name"] in want}
if got != want:
    sys.exit(f"{sys.argv[1]}: {got}, not {want}")
P
}
check "first"
cp open.zpl kept.zpl
sed -i 's/a < 25/a < 30/' open.zpl && expect 0 zpl plan open.zpl --json
equal "$(json out "[s['status'] for s in j['steps'] if s['name'] in ('made', 'sum100', 'sql@rows')]")" '["cached", "would_run", "cached"]'
cp kept.zpl open.zpl
sed -i '2s/^[0-9]*/77/' ab.csv
check "after a change of the file"

# of a table that declares nothing, and of one of which a query leaves out what is declared, there is still the rest
mkdir rest && cd rest && cp ../ab.csv .
cat >rest.zpl <<'T'
local bare   = step "bare" { signature = "() -> (out: Table {...})", command = { "cp", "ab.csv", "$out.csv" } } {}
local made   = step "made" { signature = "() -> (out: Table {a: Int, ...})", command = { "cp", "ab.csv", "$out.csv" } } {}
local whole  = sql [[ SELECT * FROM bare ]]
local marked = sql [[ SELECT *, 1 AS one FROM whole ]]
local back   = sql [[ SELECT * EXCLUDE (one) FROM marked ]]
local less   = sql [[ SELECT * EXCLUDE (a) FROM made WHERE a < 25 ]]
local twice  = sql [[ SELECT x.*, y.* EXCLUDE (a) FROM made AS x JOIN (SELECT DISTINCT a FROM made) AS y USING (a) ]]
local most   = sql [[ SELECT max(COLUMNS(*)) FROM less ]]
T
expect 0 zpl run rest.zpl
for value in bare whole marked back less twice most; do echo ":type $value"; done >asked
expect 0 zpl repl rest.zpl <asked
same_file out - <<'T'
Table {...}
Table {...}
Table {one: Int, ...}
Table {...}
Table {...}
Table {a: Int, ...}
Table {...}
T
# zpl show has what declares all of it, which then can be named
expect 0 zpl show last/bare/out
contains out "Table {a: Int, b: Float, c: String}"
sed "1s/Table {...}/$(grep -o 'Table {a.*' out)/; 3s/.*/local whole = sql [[ SELECT b FROM bare ]]/; 4,\$d" rest.zpl >told.zpl
expect 0 zpl run told.zpl
expect 0 zpl run rest.zpl
for step in sql@back sql@less sql@most; do expect 0 zpl export --force "last/$step" "$step.csv"; done
python3 - <<'P'
import csv
rows = list(csv.DictReader(open("ab.csv")))
back, less, most = (list(csv.DictReader(open(f"sql@{n}.csv"))) for n in ("back", "less", "most"))
key = lambda r: sorted((k, float(v) if k != "c" else v) for k, v in r.items())
assert sorted(map(key, back)) == sorted(map(key, rows))
wanted = [{"b": r["b"], "c": r["c"]} for r in rows if int(r["a"]) < 25]
assert sorted(map(key, less)) == sorted(map(key, wanted))
assert [key(r) for r in most] == [key({k: max((r[k] for r in wanted), key=float if k == "b" else str) for k in ("b", "c")})], most
P

# what a model was trained on is not all known, nor is then what a step sees of the rows that it judges: all
cat >model.zpl <<'T'
local made  = step "made" { signature = "() -> (out: Table {a: Int, ...})", command = { "cp", "ab.csv", "$out.csv" } } {}
local fit   = step "fit" { signature = "(train: Table {l: Int, ...f}, label: column l) -> (model: Model {mine, features: f, label: l})",
                           command = { "cp", "$train.csv", "$model" } }
local judge = step "judge" { signature = "(model: Model {mine, features: f, label: l}, test: Table {l: Int, ...f}, label: column l) -> (columns: File)",
                             command = { "cp", "$test.csv", "$columns" } }
judge { fit { made, label = "a" }, made, label = "a", allow = { leak = { "test" } } }
T
expect 0 zpl run model.zpl
expect 0 zpl export --force last/judge columns
equal "$(head -n1 columns)" "a,b,c"
