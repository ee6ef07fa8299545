# A run that finds everything as it was left is over without evaluating the program; whatever the program was
# told of the world and is otherwise now, sends it through evaluation again.  Time limit: 180 s.
. "$ROOT/tests/lib.sh"
need python3 sqlite3

mkdir -p data steps tools
printf 'a,b,late\n1,2.5,true\n2,3.5,false\n3,1.5,true\n4,2.0,false\n' >data/one.csv
printf 'a,b,late\n5,2.5,true\n' >data/two.csv
cp data/one.csv one.csv
printf 'return { least = 1 }\n' >steps/least.zpl
printf 'cp "$1" "$2"\n' >tools/copy.sh
echo 'plain' >tools/style
cat >p.zpl <<'Z'
local p = params { data = Path "one.csv", least = 0 }
local least = (import "steps/least.zpl").least
local copy = step "copy" { inputs = { rows = Table { a = Int } }, outputs = { out = Table { a = Int } },
  files = { "tools" }, command = { "sh", "tools/copy.sh", "$rows", "$out" } }
local rows = csv.read { p.data }
local kept = sql [[ SELECT a FROM rows WHERE a > $least ]]
copy { kept }
each(files "data/*.csv", function (path) return csv.read { path } end)
local model = xgboost.train { rows, label = "late", rounds = 2 }
deploy { model, name = "late" }
local list = step "list" { signature = "(rows: Table {a: Int}) -> (names: List(String), deep: List(Int))",
  lua = function (t) return { "one", "two" }, { 1, 2, 3 } end }
local names, deep = list { rows }
each(names, function (name, i)
  local own = xgboost.train { rows, label = "late", rounds = i, eta = 0.5 }
  deploy { own, name = name }
  each(deep, function (k) return (sql [[ SELECT a + $k * $i AS a FROM kept ]]) end)
  copy { kept, when = i > 1 }
end)
Z
zpl check p.zpl >/dev/null
# How the run came to its end: recalled or evaluated; what it did is in now.json.
once() {
    ZPL_TRACE=1 zpl run p.zpl "$@" --json >now.json 2>trace || fail "$(cat trace)"
    sed -n 's/^trace: \([a-z]*\).*/\1/p' trace
}
# It is recalled, and is what the plan says, which never is.
recalled() {
    zpl plan p.zpl "$@" --json >plan.json
    equal "$(once "$@")" recalled
    python3 - <<'P'
import json
plan, now = json.load(open("plan.json")), json.load(open("now.json"))
keep = lambda step: [(k, v) for k, v in step.items() if k not in ("duration_ms",)]
assert [keep(s) for s in plan["steps"]] == [keep(s) for s in now["steps"]], (plan, now)
P
}
# changed WHAT COMMAND...: after the command a run is evaluated, and the one after it recalled.
changed() {
    local what=$1
    shift
    "$@"
    equal "$(once)" evaluated "after $what was changed, a run"
    recalled
}
equal "$(once)" evaluated
recalled
recalled
equal "$(zpl run p.zpl | tail -1 | sed 's/.*: \([^ ]* cached\).*/\1/')" "$(python3 -c 'import json; print(len(json.load(open("now.json"))["steps"]), "cached")')"
equal "$(zpl run p.zpl --no-cache --json 2>/dev/null | grep -c '"status": "ran"')" "$(python3 -c 'import json; print(len(json.load(open("now.json"))["steps"]))')"
recalled

# where every item is told of, the run is evaluated; a run about one item says nothing of the others
ZPL_TRACE=1 zpl run p.zpl --events >events 2>trace
contains trace "evaluated: what becomes of every item is to be told"
equal "$(grep -c '"name":"sql\[[12]\]\[[123]\]".*"status":"cached"' events)" 6
cat >one.zpl <<'Z'
local list = step "list" { signature = "() -> (n: List(Int))", lua = function (t) return { 1, 2 } end }
local one = step "one" { signature = "(k: Int) -> (k: Int)", lua = function (t) return t.k end }
local items = list {}
each(items, function (k) one { k } end)
Z
zpl run one.zpl --only 'one[1]' >/dev/null
zpl run one.zpl --only 'one[1]' >/dev/null
ZPL_TRACE=1 zpl run one.zpl >out 2>trace
contains trace evaluated
contains out "2 items: 1 ran, 1 cached"

# what the program says, and where
changed "text" sed -i 's/rounds = 2/rounds = 3/' p.zpl
changed "comment" sh -c 'echo "-- a word" >>p.zpl'
# another text with the same graph is evaluated and not planned; what it says is what the plan says
by_graph() { # by_graph WORD: what becomes of the run after p.zpl was changed
    zpl plan p.zpl --json >plan.json
    equal "$(once)" evaluated
    equal "$(sed -n 's/^trace of the graph: \([a-z]*\).*/\1/p' trace)" "$1"
    python3 - <<'P'
import json
plan, now = json.load(open("plan.json")), json.load(open("now.json"))
kept = ("name", "status", "key", "outputs", "line", "items")
assert [[s.get(k) for k in kept] for s in plan["steps"]] == [[s.get(k) for k in kept] for s in now["steps"]], (plan, now)
P
    recalled
}
row() { sqlite3 .zpl/zpl.db "SELECT pipeline, file, status, params, graph, plan, error IS NULL, ${1:-places} FROM runs ORDER BY id DESC LIMIT 1"; }
before=$(row)
echo '-- and another' >>p.zpl
by_graph recalled
equal "$(row)" "$before"
sed -i 's/when = i > 1 }/when = i > (1)}/' p.zpl
by_graph recalled
equal "$(row)" "$before"
expect 0 zpl why p.zpl sql
expect 0 zpl show last
expect 0 zpl reproduce last
where=$(row)
before=$(row 1)
sed -i '1i -- a line before all others' p.zpl
by_graph recalled
equal "$(row 1)" "$before"
[ "$(row)" != "$where" ] || fail "steps stand on other lines, and the places are the same"
# one text may have had two graphs in two worlds: what it left for the one says nothing of the other
mkdir few
touch few/1
cat >some.zpl <<'Z'
local one = step "one" { signature = "(n: Int) -> (n: Int)", lua = function (t) return t.n end }
for i = 1, #files "few/*" do one { i } end
Z
zpl run some.zpl >/dev/null
touch few/2
zpl run some.zpl >/dev/null
sed -i 's,#files "few/\*",1,' some.zpl
zpl plan some.zpl --json >plan.json
ZPL_TRACE=1 zpl run some.zpl --json >now.json 2>trace || fail "$(cat trace)"
contains trace "trace of the graph: "
equal "$(json now.json "[(s['name'], s['key']) for s in j['steps']]")" "$(json plan.json "[(s['name'], s['key']) for s in j['steps']]")"
# not where something is to be told, where all is to be done again, or where the world is another
echo 'stack "later" { orchestrator = kubernetes {} }' >>p.zpl
equal "$(once)" evaluated
contains trace "nothing can run on stack"
contains trace "trace of the graph: planned: something is to be told"
sed -i '$d' p.zpl
echo '-- a third' >>p.zpl
equal "$(once --no-cache)" ""
echo '-- a fourth' >>p.zpl
echo 'plainer' >tools/style
equal "$(once)" evaluated
contains trace "trace of the graph: planned: there is something else at"
recalled
echo '-- a word' >>steps/least.zpl
by_graph recalled
changed "text of an import" sh -c 'echo "return { least = 2 }" >steps/least.zpl'
equal "$(once --least 1)" evaluated
recalled --least 1
recalled
mkdir -p elsewhere && cp one.csv elsewhere/
equal "$(cd elsewhere && ZPL_TRACE=1 zpl run ../p.zpl --data one.csv --json 2>&1 >/dev/null | head -1 | cut -c1-16)" "trace: evaluated"

# what the files hold, whatever their times say
changed "content" sh -c 'echo "6,1.0,true" >>one.csv'
recalled
touch -d '2020-01-01' one.csv
equal "$(once)" recalled "a run after a file was touched"
sleep 2.2
equal "$(once)" recalled
changed "content behind its time stamp" sh -c 'touch -r one.csv when; sed -i "s/6,1.0/7,1.0/" one.csv; touch -r when one.csv'
changed "a file more" cp data/two.csv data/three.csv
changed "a file less" rm data/two.csv
changed "a script" sh -c 'echo "# a line" >>tools/copy.sh'
changed "a file beside it" sh -c 'echo 1 >tools/more'
changed "a folder beside it" sh -c 'mkdir tools/deep; echo 1 >tools/deep/file'
rm one.csv
expect 3 zpl run p.zpl
cp elsewhere/one.csv one.csv
equal "$(once)" evaluated
recalled

# what the store and the stack hold
lost=$(python3 -c 'import json; d = [s for s in json.load(open("now.json"))["steps"] if s["step"] == "xgboost.train" and "items" not in s][0]["outputs"]["model"]["digest"]; print(".zpl/objects/%s/%s" % (d[:2], d[2:]))')
[ -f "$lost" ]
chmod u+w "$(dirname "$lost")"
changed "an artifact" rm -f "$lost"
changed "a deployment of an item" sh -c 'chmod -R u+w .zpl/deployments; rm -rf .zpl/deployments/two'
item_artifact() {
    zpl show "last/$1" --json >part.json
    digest=$(json part.json "list(j['outputs'].values())[0]['digest']")
    file=$(echo "$digest" | sed 's,^\(..\),.zpl/objects/\1/,')
    chmod u+w "$(dirname "$file")"
    rm "$file"
}
changed "what a step of an item made" item_artifact 'xgboost.train[2]'
changed "what an item in an item made" item_artifact 'sql[2][3]'
changed "a deployed model that was cut" sh -c 'chmod -R u+w .zpl/deployments; : >.zpl/deployments/late/latest/model.ubj'
[ -s .zpl/deployments/late/latest/model.ubj ] || fail "the model was not deployed again"
changed "a deployed model that is gone" sh -c 'chmod -R u+w .zpl/deployments; rm .zpl/deployments/late/latest/model.ubj'
[ -s .zpl/deployments/late/latest/model.ubj ] || fail "the model was not deployed again"
changed "a deployment" sh -c 'chmod -R u+w .zpl/deployments; rm -rf .zpl/deployments/late'
changed "the run that is repeated" sqlite3 .zpl/zpl.db 'PRAGMA foreign_keys = ON; DELETE FROM runs'
