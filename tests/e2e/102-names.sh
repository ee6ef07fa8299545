# What runs leave for others under names: found as it stood when a run was planned, kept, and told.
#     NAMES_STEPS=n   that many random runs     NAMES_SEED=n   other programs and runs
# Time limit: 600 s
. "$ROOT/tests/lib.sh"
need python3 sqlite3

# Random programs and runs, alone and two at a time, held against a model.
mkdir walk
(cd walk && PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/tests/e2e/names_property.py" \
    --seed "${NAMES_SEED:-2}" --steps "${NAMES_STEPS:-40}")

cat >w.zpl <<'Z'
local p = params { k = 1 }
local make = step "make" {
  signature = "(k: Int) -> (rows: Table {a: Int, b: String}, r: Report {n: Int}, l: List(Int))",
  lua = function (t)
    local many = {}
    for i = 1, 6000 do many[i] = i * t.k end
    return { a = { t.k, 2 }, b = { "x", "y" } }, { n = t.k }, many
  end }
local rows, r, l = make { p.k }
artifact.write { rows, "my/rows" }
artifact.write { r, "my/report" }
artifact.write { l, "my/list" } -- longer than a row of the database holds
Z
cat >r.zpl <<'Z'
local rows = artifact.read { "my/rows", type = Table { a = Int, ... } }
local r    = artifact.read { "my/report", type = Report { n = Int } }
local l    = artifact.read { "my/list", type = List(Int) }
local none = artifact.read { "my/none", type = Table { a = Int, ... } }
local use = step "use" {
  signature = "(rows: Table {a: Int}, n: Int) -> (s: Report {sum: Int})",
  lua = function (t)
    local s = t.n
    for i = 1, #t.rows do s = s + t.rows.a[i] end
    return { sum = s }
  end }
use { coalesce(none, rows), n = coalesce(r.n, 0), as = "use" }
local inc = step "inc" { signature = "(n: Int) -> (m: Int)", lua = function (t) return t.n + 1 end }
inc { max(l), as = "most", when = r.n > 1 }
Z

# Nobody has written: skipped, and what needs it.
expect 0 zpl run r.zpl --json
equal "$(json out "[s['status'] for s in j['steps']]")" \
    '["skipped", "skipped", "skipped", "skipped", "skipped", "skipped"]'
expect 0 zpl run w.zpl
expect 0 zpl plan r.zpl
contains out "finds     my/rows"
contains out "written by run 2"
contains out "no run has written my/none"
expect 0 zpl plan w.zpl --json
equal "$(json out "j['touches']['writes']")" '["my/rows", "my/report", "my/list"]'
expect 0 zpl run r.zpl --json
equal "$(value use s)" '{"sum": 4}'
equal "$(status_of out most)" skipped
expect 0 zpl run w.zpl --k 5
expect 0 zpl why r.zpl use
contains out "other content"
expect 0 zpl run r.zpl --json
equal "$(value use s)" '{"sum": 12}'
equal "$(value most m)" 30001
# Back to what was: the write is done again, what was computed of it is not.
expect 0 zpl run w.zpl --json
equal "$(json out "[s['status'] for s in j['steps']]")" '["cached", "ran", "ran", "ran"]'
expect 0 zpl run r.zpl --json
equal "$(status_of out use)" cached

# It is shown, exported and traced by its name.
expect 0 zpl runs w --limit 1 --json
cp out writer.json
expect 0 zpl show my/rows --rows 2
contains out "my/rows was written by run $(json writer.json "j['runs'][0]['run']") of w (w.zpl), started 20"
contains out "rows: Table {a: Int, b: String}"
contains out "2 rows, 304 B"
expect 0 zpl show my/rows --json
cp out shown.json
equal "$(json shown.json "j['written']")" \
    "$(json writer.json "dict(name='my/rows', **{k: j['runs'][0][k] for k in ('run', 'pipeline', 'file', 'started_ns')})")"
expect 0 zpl export my/rows rows.csv
equal "$(cat rows.csv)" "a,b
1,x
2,y"
expect 0 zpl lineage last/use/s
contains out "made by make in run 2 of w"
expect 2 zpl show my/rowz
contains err "did you mean my/rows?"

# A run that fails, is stopped or killed leaves nothing; it keeps the order in which others wrote.
cat >f.zpl <<'Z'
local p = params { n = 0, how = "sleep 30" }
local make = step "make" { signature = "(n: Int) -> (r: Report {n: Int})", lua = function (t) return { n = t.n } end }
local r = make { p.n }
artifact.write { r, "my/report" }
local wait = step "wait" { signature = "(how: String, r: Report {n: Int}) -> (j: Json)",
  command = { "sh", "-c", "eval \"$$1\"; echo 1 >\"$$2\"", "sh", "$how", "$j", "$r" } }
wait { p.how, r }
Z
is() { # is NUMBER: what a reader finds
    zpl run r.zpl --json >out 2>err || fail "$(cat err)"
    equal "$(json out "[s['outputs']['value']['value']['n'] for s in j['steps'] if s['name'] == 'artifact.read@r'][0]")" "$1" "what is read"
}
expect 1 zpl run f.zpl --n 100 --how "exit 3"
is 1
wrote() { [ "$(sqlite3 .zpl/zpl.db "SELECT count(*) FROM names n JOIN steps s ON s.id = n.step JOIN runs r ON r.id = s.run WHERE r.status = 'running'")" = 1 ]; }
zpl run f.zpl --n 101 >/dev/null 2>&1 &
pid=$!
wait_for 20 wrote
is 1
kill -9 $pid
wait $pid || true
is 1
expect 0 zpl run f.zpl --n 100 --how true
is 100

# gc keeps what stands under a name, and who wrote it; what is superseded may go.
for n in 1 2 3; do expect 0 zpl run f.zpl --n $n --how true; done
expect 0 zpl gc --keep 1
is 3
expect 0 zpl show my/rows
rm -rf other && mkdir other && cp r.zpl other
for k in 6 7; do expect 0 zpl run w.zpl --k $k; done
mv w.zpl w2.zpl && expect 0 zpl gc --keep 1 && mv w2.zpl w.zpl
expect 0 zpl export my/rows rows.csv --force
equal "$(sed -n 2p rows.csv)" 7,x

# Who made it is told by its name, also when nothing else needs that step any more.
mkdir lone && cp w.zpl lone && cd lone
expect 0 zpl run w.zpl
cp w.zpl writes && grep -v artifact.write writes >w.zpl
expect 0 zpl run w.zpl --k 9
expect 0 zpl gc --keep 1
expect 0 zpl lineage my/rows
contains out "made by make in run 1 of w"
cd ..

# What it names can't be found any more: told, until it is made and written again.
digest=$(sqlite3 .zpl/zpl.db "SELECT o.digest FROM names n JOIN outputs o ON o.step = n.step WHERE n.name = 'my/rows' ORDER BY n.step DESC LIMIT 1")
path=$(find .zpl/objects -name "*${digest#????}*" -o -name "$digest" | head -n 1)
chmod -R u+w .zpl/objects && rm -rf "$path"
expect 1 zpl run r.zpl
contains err "is not in the store any more"
expect 1 zpl doctor
contains out "make/rows"
contains out "as 'my/rows' is not in the store any more"
expect 0 zpl doctor --repair
expect 0 zpl doctor --repair --json # once: what is left only its pipeline can mend
equal "$(json out "[f['severity'] for f in j['findings'] if f['severity'] != 'note' or f['what'] == 'name']")" '["note"]'
contains out "run pipeline w again, which makes it and writes it again"
expect 1 zpl run r.zpl # what stood there before does not come back
expect 0 zpl run w.zpl --k 7
expect 0 zpl run r.zpl

# Types are held when the program is checked.
sed 's/a = Int, \.\.\./a = String, .../' r.zpl >bad.zpl
expect 3 zpl check bad.zpl
contains err "bad.zpl:1:"
contains err "column 'a' is Int, wanted String"

# A program that reads what it writes goes on from what was there.
cat >count.zpl <<'Z'
local before = artifact.read { "count", type = Report { n = Int } }
local add = step "add" { signature = "(n: Int) -> (r: Report {n: Int})", lua = function (t) return { n = t.n + 1 } end }
artifact.write { add { coalesce(before.n, 0) }, "count" }
Z
for n in 1 2 3; do
    expect 0 zpl run count.zpl --json
    equal "$(json out "[s['outputs']['r']['value']['n'] for s in j['steps'] if s['step'] == 'add'][0]")" $n
done

# In a session each cell finds what those before it left.
printf '%s\n' 'make = step "make" { signature = "(k: Int) -> (r: Report {n: Int})", lua = function (t) return { n = t.k } end }' \
    'artifact.write { make { 3 }, "cell" }' 'y = artifact.read { "cell", type = Report { n = Int } }' 'y' >cells
expect 0 zpl repl <cells
contains out "n 3"

# A run is done again with what it read then, whatever stands under the names now, or if nothing does.
mkdir again && cp w.zpl r.zpl again && cd again
cat >m.zpl <<'Z'
local l = artifact.read { "my/list", type = List(Int) }
local few = step "few" { signature = "(l: List(Int)) -> (f: List(Int))", lua = function (t) return { t.l[1], t.l[2] } end }
local add = step "add" { signature = "(rows: Table {a: Int}, n: Int) -> (s: Report {sum: Int})",
  lua = function (t) return { sum = t.n + #t.rows } end }
return each(few { l, as = "few" }, function (n)
  local rows = artifact.read { "my/rows", type = Table { a = Int, ... } }
  local none = artifact.read { "my/none", type = Table { a = Int, ... } }
  return add { coalesce(none, rows), n = n, as = "add" }
end)
Z
again() { # again STATUSES
    equal "$(json out "{s['name']: s['status'] for s in j['steps']}")" "$1"
}
read_then='{"artifact.read@l": "same", "artifact.read@none": "skipped", "artifact.read@r": "same", "artifact.read@rows": "same", "most": "skipped", "use": "same"}'
items_then='{"add[*]": "same", "artifact.read": "same", "artifact.read@none[*]": "skipped", "artifact.read@rows[*]": "same", "few": "same"}'
expect 0 zpl run w.zpl
expect 0 zpl run r.zpl
expect 0 zpl run m.zpl
expect 0 zpl show '3/artifact.read@rows[2]' --json
[ "$(json out "len(j['key'])")" = 64 ] || fail "an item of a map has a key in its run"
expect 0 zpl reproduce 2 --json
again "$read_then"
expect 0 zpl reproduce 3 --json
again "$items_then"
expect 0 zpl run w.zpl --k 7
expect 0 zpl reproduce 2 --json
again "$read_then"
expect 1 zpl reproduce 3
contains out "something else stands under the name now"
expect 0 zpl run w.zpl
expect 0 zpl reproduce 3 --json
again "$items_then"
sqlite3 .zpl/zpl.db "PRAGMA foreign_keys = ON; UPDATE runs SET error = 'x' WHERE id IN (1, 4, 5)"
expect 0 zpl doctor --repair
equal "$(sqlite3 .zpl/zpl.db "SELECT count(*) FROM names")" 0
expect 1 zpl reproduce 2 --json
equal "$(json out "[s['status'] for s in j['steps'] if s['name'] == 'artifact.read@r'][0]")" impossible
cd ..

# a model that is declared without features has those of the one that stands there
mkdir champion && cd champion
python3 -c '
import random
random.seed(3)
with open("rows.csv", "w") as f:
    f.write("a,b,late\n" + "".join(f"{a},{random.random()},{str(a > 5).lower()}\n" for a in (random.randrange(10) for _ in range(200))))'
cat >train.zpl <<'Z'
artifact.write { xgboost.train { csv.read "rows.csv", label = "late", rounds = 3 }, "late/model" }
Z
cat >score.zpl <<'Z'
local champion = artifact.read { "late/model", type = Model { "xgboost", label = "late" } }
local rows = csv.read "rows.csv"
local scored = predict { champion, rows }
sql [[ SELECT count(*) AS n, avg(score) AS m FROM scored ]]
evaluate { champion, rows }
Z
sed 's/predict { champion, rows }/predict { champion, sql [[ SELECT a FROM rows ]] }/' score.zpl >less.zpl
expect 0 zpl run train.zpl
expect 0 zpl run score.zpl
expect 3 zpl check less.zpl
contains err "needs column 'b'"
cd ..

# One of several values is written, also one of what each made over a list known only at run time.
mkdir chosen && cd chosen
cat >w.zpl <<'Z'
local p = params { most = 3 }
local list = step "list" { signature = "(k: Int) -> (l: List(Int))", lua = function (t) return { t.k, 1, 2 } end }
local make = step "make" { signature = "(k: Int) -> (rows: Table {a: Int}, r: Report {n: Int}, l: List(Int))",
  lua = function (t) return { a = { t.k } }, { n = t.k }, { t.k, t.k } end }
local function made (k) local rows, r, l = make { k } return { rows = rows, r = r, l = l, n = r.n } end
local once, runs = each({ 4, 5 }, made), each(list { p.most }, made)
artifact.write { max(once, "n").rows, "once" }
artifact.write { max(runs, "n").rows, "rows" }
artifact.write { min(runs, "n").r, "report" }
artifact.write { coalesce(max(runs, "n").l, min(once, "n").l), "list" }
Z
cat >r.zpl <<'Z'
local sum = step "sum" { signature = "(rows: Table {a: Int}, more: Table {a: Int}, n: Int, l: List(Int)) -> (s: List(Int))",
  lua = function (t) return { t.rows.a[1], t.more.a[1], t.n, t.l[2] } end }
local Rows = Table { a = Int }
sum { artifact.read { "once", type = Rows }, artifact.read { "rows", type = Rows },
  artifact.read { "report", type = Report { n = Int } }.n, artifact.read { "list", type = List(Int) } }
Z
expect 0 zpl run w.zpl
expect 0 zpl run r.zpl --json
equal "$(json out "[s['outputs']['s']['value'] for s in j['steps'] if s['name'] == 'sum'][0]")" '[5, 3, 1, 3]'
expect 0 zpl run w.zpl --most 9
expect 0 zpl run r.zpl --json
equal "$(json out "[s['outputs']['s']['value'] for s in j['steps'] if s['name'] == 'sum'][0]")" '[5, 9, 1, 9]'
expect 0 zpl gc --keep 1
for name in once rows report list; do
    expect 0 zpl show $name
    expect 0 zpl lineage $name
    contains out "read by artifact.write"
done
expect 2 zpl lineage none
contains err "names are list, once, report, rows"
cd ..

# What comes from a hindsight column is known only afterwards under its name too, by whatever way it does.
mkdir later && cd later
echo 'id,delay
1,3
2,30' >f.csv
cat >w.zpl <<'Z'
local p = params { later = true }
local raw = csv.read { "f.csv", type = Table { id = Int, delay = Int { hindsight = p.later, min = 0 } } }
local rows = sql [[ SELECT id, delay * 2 AS twice, count(*) OVER (PARTITION BY delay) AS same, delay + 0 AS late FROM raw ]]
local both = sql [[ SELECT id FROM raw ]]
local mine = step "mine" { signature = "(rows: Table {id: Int, delay: Int}) -> (rows: Table {id: Int})", lua = function (t) return { id = t.rows.id } end }
artifact.write { rows, "rows" }
artifact.write { raw, "raw" }
artifact.write { both, "known" }
artifact.write { coalesce(both, mine { raw }), "mine" }
Z
reads() { # reads STATUS NAME COLUMNS: a program that declares them
    printf 'artifact.read { "%s", type = Table { %s } }\n' "$2" "$3" >r.zpl
    expect "$1" zpl check r.zpl
}
expect 0 zpl run w.zpl
after="Int { hindsight = true }"
reads 0 known "id = Int"
for name in twice same late; do
    columns=
    for column in twice same late; do
        [ $column = $name ] && columns="$columns, $column = Int" || columns="$columns, $column = $after"
    done
    reads 3 rows "id = Int$columns"
    contains err "column '$name' is known only afterwards"
done
reads 0 rows "id = Int, twice = $after, same = $after, late = $after"
reads 3 mine "id = Int"
reads 0 mine "id = $after"
reads 0 raw "id = Int, delay = Int { hindsight = true, min = 0 }"
expect 0 zpl run w.zpl --later false --json
equal "$(json out "[s['status'] for s in j['steps'] if s['step'] == 'artifact.write']")" '["ran", "ran", "cached", "ran"]'
reads 0 raw "id = Int, delay = Int { min = 0 }"
reads 0 rows "id = Int, twice = Int, same = Int, late = Int"
reads 0 mine "id = Int"
expect 0 zpl run w.zpl --json
reads 3 mine "id = Int"
cd ..
